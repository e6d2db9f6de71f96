"""The local SageMaker as a process of its own, and what one needs to talk with it as any client would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

SECONDS = 300
ROLE = "arn:aws:iam::123456789012:role/pipeline"
SPARK = "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py39-v1.0"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
_PROGRAM = "import sys\nsys.argv[0] = 'inference-pipeline'\nfrom pipeline.cli.main import main\nmain()"
_FINAL = {"Completed", "Failed", "Stopped"}


class Service:
    """`inference-pipeline local start`, on a free port."""

    def __init__(self, data_dir: Path, *options: str, python: str = sys.executable) -> None:
        self.data_dir = data_dir
        command = [python, "-c", _PROGRAM, "local", "start", "--port", "0", "--data-dir", str(data_dir)]
        folder = next(parent for parent in data_dir.parents if parent.is_dir())
        self.log = folder / f"service-{uuid.uuid4().hex}.log"
        with self.log.open("a") as log:
            self.process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        if found is None:
            self._ended()
            raise AssertionError(said + self.log.read_text())
        self.url = found[0]

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """An unchanged boto3 client: the environment alone tells it where to go."""
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("AWS_")]:
                patch.delenv(name)
            patch.setenv("AWS_ENDPOINT_URL", self.url)
            patch.setenv("AWS_ACCESS_KEY_ID", "dummy")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "dummy")
            patch.setenv("AWS_DEFAULT_REGION", region)
            patch.setenv("NO_PROXY", "127.0.0.1")
            return boto3.Session().client(service)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self._ended()

    def stop(self) -> int:
        """SIGTERM; returns the status."""
        self.process.terminate()
        return self._ended()

    def _ended(self) -> int:
        assert self.process.stdout is not None
        status = self.process.wait(SECONDS)
        self.process.stdout.close()
        return status


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all conversations that need none of their own."""
    running = Service(tmp_path_factory.mktemp("local") / "data")
    yield running
    assert running.stop() == 0, running.log.read_text()


def processing_request(name: str, script: str, *arguments: str, instances: int = 1, **more: Any) -> dict[str, Any]:
    """CreateProcessingJob as PySparkProcessor sends it; `script` is the S3 URI of the program."""
    file = script.rpartition("/")[2]
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": SPARK,
            "ContainerEntrypoint": ["smspark-submit", f"/opt/ml/processing/input/code/{file}"],
            "ContainerArguments": list(arguments) or ["none"],
        },
        "ProcessingInputs": [processing_input("code", script, "/opt/ml/processing/input/code")],
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": instances, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
        },
        **more,
    }


def processing_input(name: str, uri: str, path: str) -> dict[str, Any]:
    """A ProcessingInput from S3."""
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}


def processing_output(name: str, uri: str, path: str) -> dict[str, Any]:
    """A ProcessingOutput to S3."""
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": "EndOfJob"}}


def finished(client: Any, name: str) -> dict[str, Any]:
    """A processing job's description when it has come to its end."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        described: dict[str, Any] = client.describe_processing_job(ProcessingJobName=name)
        if described["ProcessingJobStatus"] in _FINAL:
            return described
        time.sleep(0.1)
    raise AssertionError(f"{name} has not ended: {described}")


def keys(client: Any, bucket: str, prefix: str = "") -> list[str]:
    """The keys in a bucket."""
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())]


def log_lines(client: Any, group: str, prefix: str) -> list[str]:
    """What is in all log streams of a job."""
    streams = client.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
    lines = []
    for stream in streams:
        events = client.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
        lines += [event["message"] for event in events["events"]]
    return lines
