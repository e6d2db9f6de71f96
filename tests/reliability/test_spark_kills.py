"""kill -9 of each kind of process of a Spark job on a cluster, and a JVM without memory."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from reliability_cases import until
from service_cases import Service, finished, keys, log_lines, processing_request

BUCKET, GROUP = "kills", "/aws/sagemaker/ProcessingJobs"
PROGRAM = Path(__file__).with_name("spark_slow_program.py")
CLASSES = {
    "executor": "org.apache.spark.executor.CoarseGrainedExecutorBackend",
    "worker": "org.apache.spark.deploy.worker.Worker",
    "master": "org.apache.spark.deploy.master.Master",
    "driver": "org.apache.spark.deploy.SparkSubmit",
}

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this module's own, whose drivers have little memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_DRIVER_MEMORY", "512m")
        service = Service(tmp_path_factory.mktemp("spark-kills") / "data")
    s3 = service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(str(PROGRAM), BUCKET, "code/program.py")
    yield service
    assert service.stop() == 0, service.log.read_text()


def start(service: Service, name: str, way: str, instances: int) -> Any:
    sagemaker = service.client("sagemaker")
    target = f"s3://{BUCKET}/{name}"
    sagemaker.create_processing_job(
        **processing_request(name, f"s3://{BUCKET}/code/program.py", target, way, instances=instances)
    )
    return sagemaker


def processes(service: Service, java_class: str = "") -> list[int]:
    """The JVMs of the service's jobs, or those of a main class."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0") if folder.name.isdigit() else []
            if java_class.encode() in words and any(str(service.data_dir).encode() in word for word in words):
                found.append(int(folder.name))
    return found


@pytest.mark.parametrize("victim", CLASSES)
def test_a_job_ends_whole_or_says_what_was_killed(running: Service, victim: str) -> None:
    sagemaker = start(running, victim, "work", 2)
    logs, s3 = running.client("logs"), running.client("s3")

    def begun() -> bool:
        with suppress(ClientError):
            return "the tasks begin" in log_lines(logs, GROUP, f"{victim}/algo-1-")
        return False

    until(begun)
    os.kill(until(lambda: processes(running, CLASSES[victim]))[0], signal.SIGKILL)
    described = finished(sagemaker, victim)
    names = keys(s3, BUCKET, f"{victim}/")
    if victim == "executor":
        assert described["ProcessingJobStatus"] == "Completed", described["FailureReason"]
        parts = [s3.get_object(Bucket=BUCKET, Key=name)["Body"].read().split() for name in names]
        assert sorted(int(number) for part in parts for number in part) == list(range(80))
    else:
        assert described["ProcessingJobStatus"] == "Failed"
        assert f"Spark's {victim}" in described["FailureReason"]
        assert "was killed by SIGKILL" in described["FailureReason"]
        assert names == []
    until(lambda: not processes(running, CLASSES["driver"]) and not processes(running, CLASSES["master"]))


def test_a_jvm_without_memory_says_so(running: Service) -> None:
    described = finished(start(running, "oom", "oom", 1), "oom")
    assert described["ProcessingJobStatus"] == "Failed"
    said = "AlgorithmError: exit code 1: the JVM ran out of memory (give the service more: SPARK_DRIVER_MEMORY=4g)"
    assert described["FailureReason"] == said
