"""A disk that is full: said clearly, survived, and work goes on when there is space again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from reliability_cases import until
from service_cases import Service
from training_cases import channel, csv_rows, training_request

from pipeline.local.errors import DataFolderError, reason
from pipeline.local.logs import Logs, _events
from pipeline.local.store import Store

BUCKET = "full"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, leave: int = 0) -> Path:
    """Takes all space but so many bytes."""
    path = disk / "fill"
    with path.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    os.truncate(path, max(0, path.stat().st_size - leave))
    return path


def unretried(service: Service, name: str) -> Any:
    """A client that tells of a failure at once."""
    once = Config(retries={"total_max_attempts": 1}, proxies={})
    return boto3.client(
        name,
        endpoint_url=service.url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - any is good here
        config=once,
    )


@pytest.mark.slow
def test_a_full_disk_is_told_and_survived(disk: Path, tmp_path: Path) -> None:
    (disk / "data").mkdir()
    service = Service(disk / "data")
    try:
        s3, sagemaker = unretried(service, "s3"), unretried(service, "sagemaker")
        s3.create_bucket(Bucket=BUCKET)
        for name in ("train", "validation"):
            s3.put_object(Bucket=BUCKET, Key=f"{name}/part.csv", Body=csv_rows(50).encode())
        channels = [channel(name, f"s3://{BUCKET}/{name}") for name in ("train", "validation")]

        def create(name: str) -> None:
            sagemaker.create_training_job(**training_request(name, f"s3://{BUCKET}", channels))

        def described(name: str) -> dict[str, Any]:
            found: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
            return found

        def ended(name: str) -> dict[str, Any]:
            until(lambda: described(name)["TrainingJobStatus"] != "InProgress")
            return described(name)

        fill(disk)
        with pytest.raises(ClientError, match="No space left on device"):
            s3.put_object(Bucket=BUCKET, Key="new", Body=b"1" * 100_000)
        with pytest.raises(ClientError, match="No space left on device"):
            s3.put_object(Bucket=BUCKET, Key="train/part.csv", Body=b"1" * 100_000)
        with pytest.raises(ClientError, match=r"cannot write its state: database or disk is full \(make space"):
            create("refused")
        # What is there is read all the same, and is what it was.
        listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        assert listed == ["train/part.csv", "validation/part.csv"]
        assert s3.get_object(Bucket=BUCKET, Key="train/part.csv")["Body"].read() == csv_rows(50).encode()

        # Enough for the job to be taken, not for its work; its end is written down when there is space.
        fill(disk, leave=40 << 10)
        create("failed")
        until(lambda: "is full" in service.log.read_text() or described("failed")["TrainingJobStatus"] == "Failed")
        (disk / "fill").unlink()
        assert "make space on the disk" in ended("failed")["FailureReason"]
        create("after")
        assert ended("after")["TrainingJobStatus"] == "Completed"
    finally:
        status = service.stop()
    assert status == 0
    fill(disk)
    log = tmp_path / "log"
    command = "import sys\nsys.argv[1:] = ['local', 'start', '--port', '0', '--data-dir', sys.argv[1]]\n"
    run = [service.process.args[0], "-c", f"{command}from pipeline.cli.main import main\nmain()", str(disk / "data")]
    with log.open("w") as stderr:
        assert subprocess.run(run, stdout=stderr, stderr=stderr, check=False, timeout=60).returncode == 1
    said = log.read_text()
    assert f"error: the data folder {disk / 'data'} cannot be used: d" in said
    assert "hint: make space" in said


def test_a_change_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite")
    store.create("model", "one", "arn:one", {})
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DataFolderError, match="full"):
        store.create("model", "two", "arn:two", {"Large": "x" * 100_000})
    assert store.find("model", "two") is None
    store._connection.execute(f"PRAGMA max_page_count = {pages + 100}")
    store.create("model", "two", "arn:two", {"Large": "x" * 100_000})
    store.close()


def test_a_log_goes_on_after_lines_that_did_not_fit(tmp_path: Path) -> None:
    logs = Logs(tmp_path, lambda: None)
    path = logs.file("/aws/sagemaker/TrainingJobs", "job/algo-1")
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"timestamp": 1, "message": "whole"}\n{"timest')
    stream = logs.stream("/aws/sagemaker/TrainingJobs", "job/algo-1")
    stream.write("after a kill")
    write, stream._write = stream._write, lambda record: write(record[:9])
    stream.write("cut off")
    stream._write = write
    stream.write("with space")
    stream._pending.clear()
    stream.close()
    assert [event["message"] for event in _events(path)] == ["whole", "after a kill", "with space"]


def test_a_reason_is_never_longer_than_sagemakers() -> None:
    told = reason("OSError: No space left on device" + "x" * 2000)
    assert len(told) == 1024
    assert told.endswith("(make space on the disk of the service's data folder)")
    assert reason("other", "do this") == "other (do this)"
