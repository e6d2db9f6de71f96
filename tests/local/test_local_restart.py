"""Jobs outlive a kill -9 of the service: finished, rerun or failed with a reason, and nothing twice."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from service_cases import Service, finished, keys, log_lines, processing_output, processing_request

from pipeline.local.jobs.leftovers import end_remembered

GROUP = "/aws/sagemaker/ProcessingJobs"
# Plain Python, which spark-submit runs as well: what is tried here needs no Spark.
PROGRAM = """
import os, sys, time, pathlib
output, gate = map(pathlib.Path, sys.argv[1:3])
(output / f"part-{os.getpid()}").write_text("rows")
print("pid", os.getpid(), flush=True)
while gate.name == "closed":
    time.sleep(0.1)
"""


def request(name: str, gate: str) -> dict[str, Any]:
    outputs = [processing_output("out", f"s3://restart/{name}/out", "/opt/ml/processing/output")]
    return processing_request(
        name,
        "s3://restart/code/program.py",
        "/opt/ml/processing/output",
        gate,
        ProcessingOutputConfig={"Outputs": outputs},
    )


def status(client: Any, name: str) -> str:
    found: str = client.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"]
    return found


def pids(service: Service, name: str) -> list[int]:
    """The processes that a job's program told of, in each of its attempts."""
    logs = service.client("logs")
    try:
        said = log_lines(logs, GROUP, f"{name}/")
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [int(line.split()[1]) for line in said if line.startswith("pid ")]


def until(condition: Any) -> None:
    deadline = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_after_kill_9_every_job_is_finished_or_goes_on(tmp_path: Path) -> None:
    first = Service(tmp_path / "data")
    client, s3 = first.client("sagemaker"), first.client("s3")
    s3.create_bucket(Bucket="restart")
    s3.put_object(Bucket="restart", Key="code/program.py", Body=PROGRAM.encode())
    client.create_processing_job(**request("done", "open"))
    assert finished(client, "done")["ProcessingJobStatus"] == "Completed"
    for name in ("killed", "stopping"):
        client.create_processing_job(**request(name, "closed"))
        until(lambda name=name: pids(first, name))
    first.kill()
    left = [pids_ for name in ("killed", "stopping") for pids_ in _told(tmp_path / "data", name)]
    assert all(map(alive, left))
    # What the killed service had begun to upload, and a job that it was told to stop.
    with closing(sqlite3.connect(tmp_path / "data" / "state.sqlite")) as state, state:
        extra = json.dumps({"Uploading": ["s3://restart/killed/out/part-0"]})
        state.execute("UPDATE resources SET extra = ?, request = replace(request, 'closed', 'open')", (extra,))
        state.execute("UPDATE resources SET status = 'Stopping' WHERE name = 'stopping'")
    second = Service(tmp_path / "data")
    try:
        client, s3 = second.client("sagemaker"), second.client("s3")
        s3.put_object(Bucket="restart", Key="killed/out/other", Body=b"somebody else's")
        assert finished(client, "killed")["ProcessingJobStatus"] == "Completed"
        assert status(client, "done") == "Completed"
        assert status(client, "stopping") == "Stopped"
        assert not any(map(alive, left))
        attempts = pids(second, "killed")
        assert len(attempts) == 2
        assert keys(s3, "restart", "killed/") == ["killed/out/other", f"killed/out/part-{attempts[1]}"]
        assert keys(s3, "restart", "stopping/") == []
        assert pids(second, "done")
    finally:
        assert second.stop() == 0


def test_a_job_that_ends_the_service_again_and_again_fails(tmp_path: Path) -> None:
    first = Service(tmp_path / "data")
    client, s3 = first.client("sagemaker"), first.client("s3")
    s3.create_bucket(Bucket="restart")
    s3.put_object(Bucket="restart", Key="code/program.py", Body=PROGRAM.encode())
    client.create_processing_job(**request("deadly", "closed"))
    # An orderly end leaves it to the next start, too.
    assert first.stop() == 0
    with closing(sqlite3.connect(tmp_path / "data" / "state.sqlite")) as state, state:
        assert state.execute("SELECT status FROM resources").fetchall() == [("InProgress",)]
        state.execute("UPDATE resources SET extra = ?", (json.dumps({"Attempts": 3}),))
    last = Service(tmp_path / "data")
    try:
        described = finished(last.client("sagemaker"), "deadly")
        assert described["ProcessingJobStatus"] == "Failed"
        assert "the service ended 3 times while this job ran" in described["FailureReason"]
        last.client("sagemaker").delete_processing_job(ProcessingJobName="deadly")
        with pytest.raises(ClientError, match="Could not find"):
            status(last.client("sagemaker"), "deadly")
    finally:
        assert last.stop() == 0


def test_a_data_folder_has_one_service(service: Service) -> None:
    with pytest.raises(AssertionError, match="another local SageMaker uses"):
        Service(service.data_dir)


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AssertionError, match=r"error: the data folder .* cannot be written: Not a directory"):
        Service(tmp_path / "file" / "data")


def test_a_process_that_was_given_an_old_number_is_left_alone(tmp_path: Path) -> None:
    record = tmp_path / "processes"
    record.write_text(f"{os.getpid()} 12345\n{os.getpid()}")
    end_remembered(record)
    assert not record.exists()


def _told(data: Path, name: str) -> list[int]:
    lines = [line for file in data.glob(f"logs/*/{name}/*.jsonl") for line in file.read_text().splitlines()]
    messages = [json.loads(line)["message"] for line in lines]
    return [int(message.split()[1]) for message in messages if message.startswith("pid ")]
