"""Processing jobs of images that are mapped to python: their own command, as a process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from service_cases import ROLE, SECONDS, Service, finished, keys, log_lines

GROUP = "/aws/sagemaker/ProcessingJobs"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/my/tasks:1"
PROGRAM = "import sys\nsys.argv[0] = 'inference-pipeline'\nfrom pipeline.cli.main import main\nmain()"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that runs commands of one image."""
    service = Service(tmp_path_factory.mktemp("commands") / "data", "--image", "tasks=python")
    service.client("s3").create_bucket(Bucket="bucket")
    yield service
    assert service.stop() == 0, service.log.read_text()


def request(name: str, *command: str, image: str = IMAGE, **more: Any) -> dict[str, Any]:
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": image, **({"ContainerEntrypoint": list(command)} if command else {})},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
        },
        **more,
    }


def ended(service: Service, sent: dict[str, Any]) -> dict[str, Any]:
    sagemaker = service.client("sagemaker")
    sagemaker.create_processing_job(**sent)
    return finished(sagemaker, sent["ProcessingJobName"])


def test_a_command_runs_with_the_container_s_paths(running: Service) -> None:
    code = (
        "import os, sys; print(sys.argv[1], os.environ['AWS_ENDPOINT_URL'], file=open(os.environ['OUT'] + '/x', 'w'))"
    )
    output = {"S3Uri": "s3://bucket/out", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    sent = request(
        "paths",
        *("python", "-c", code, "/opt/ml/processing/in"),
        Environment={"OUT": "/opt/ml/processing/output", "AWS_ENDPOINT_URL": "http://elsewhere"},
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": output}]},
    )
    assert ended(running, sent)["ProcessingJobStatus"] == "Completed"
    assert keys(running.client("s3"), "bucket", "out/") == ["out/x"]
    said = running.client("s3").get_object(Bucket="bucket", Key="out/x")["Body"].read().decode()
    path, url = said.split()
    assert path.startswith(str(running.data_dir))
    assert path.endswith("/opt/ml/processing/in")
    # The way to AWS is this service, whatever a request says.
    assert url == running.url


def test_a_command_that_fails_says_why(running: Service) -> None:
    described = ended(running, request("fails", "/bin/sh", "-c", "echo the reason; exit 4"))
    assert described["ProcessingJobStatus"] == "Failed"
    assert described["FailureReason"] == "AlgorithmError: exit code 4: the reason"


@pytest.mark.parametrize(("name", "end"), [("fails-late", "exit 4"), ("is-stopped", "exec sleep 600")])
def test_what_is_uploaded_continuously_is_there_however_a_job_ends(running: Service, name: str, end: str) -> None:
    outputs = [
        {
            "OutputName": mode.lower(),
            "S3Output": {
                "S3Uri": f"s3://bucket/{name}/{mode}",
                "LocalPath": f"/opt/ml/processing/{mode}",
                "S3UploadMode": mode,
            },
        }
        for mode in ("Continuous", "EndOfJob")
    ]
    sent = request(
        name,
        *("/bin/sh", "-c", f"echo 1 > $OUT/Continuous/x; echo 2 > $OUT/EndOfJob/x; echo written; {end}"),
        Environment={"OUT": "/opt/ml/processing"},
        ProcessingOutputConfig={"Outputs": outputs},
    )
    sagemaker, logs = running.client("sagemaker"), running.client("logs")
    sagemaker.create_processing_job(**sent)
    deadline = time.monotonic() + SECONDS
    while not logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"] or not log_lines(logs, GROUP, name):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    if name == "is-stopped":
        sagemaker.stop_processing_job(ProcessingJobName=name)
    assert finished(sagemaker, name)["ProcessingJobStatus"] in {"Failed", "Stopped"}
    assert keys(running.client("s3"), "bucket", f"{name}/") == [f"{name}/Continuous/x"]


def test_a_job_without_a_command_is_not_made_up(running: Service) -> None:
    described = ended(running, request("none"))
    assert described["FailureReason"].startswith("ClientError: ContainerEntrypoint is missing")


def test_nothing_runs_that_is_not_mapped(running: Service) -> None:
    for image in (IMAGE.replace("tasks", "others"), "python", "registry/python:3"):
        with pytest.raises(ClientError, match="cannot be used for processing here"):
            running.client("sagemaker").create_processing_job(**request("no", "true", image=image))


def test_a_file_of_tasks_is_sent_followed_and_cleaned_up(
    running: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "src").mkdir()
    task = {"image": "code", "mounts": {"store": "/mnt/store"}}
    document = {
        "name": "trial",
        "images": {"code": {"source": "src", "uri": IMAGE}},
        "volumes": {"store": {"folder": "store"}},
        "pipelines": {
            "main": {
                "tasks": [
                    {**task, "name": "a", "cmd": "echo one > /mnt/store/a"},
                    {**task, "name": "b", "cmd": "tr a-z A-Z < /mnt/store/a > /mnt/store/b"},
                ]
            }
        },
    }
    file = tmp_path / "tasks.yml"
    file.write_text(yaml.safe_dump(document))
    for name, value in {
        "AWS_ENDPOINT_URL": running.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "SAGEMAKER_ROLE": ROLE,
        "SAGEMAKER_BUCKET": "bucket",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        words = (sys.executable, "-c", PROGRAM, *words)
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240)

    ran = command("run", str(file), "--target", "sagemaker", "--run-key", "k")
    assert ran.returncode == 0, ran.stderr
    volume = "inference-pipeline/trial/volumes/store/"
    assert keys(running.client("s3"), "bucket", volume) == [f"{volume}{name}" for name in (".keep", "a", "b")]
    assert running.client("s3").get_object(Bucket="bucket", Key=f"{volume}b")["Body"].read() == b"ONE\n"
    cleaned = command("cleanup", str(file), "--run-key", "k", "--files")
    assert "DeleteProcessingJob: main-k-00-00-a\nDeleteProcessingJob: main-k-01-00-b\n" in cleaned.stdout
    assert "nothing is left of it" in command("cleanup", str(file), "--run-key", "k").stdout
    # What tasks keep outlives their runs.
    assert len(keys(running.client("s3"), "bucket", volume)) == 3
