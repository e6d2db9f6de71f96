"""kill -9 of the service over a training, a tuning and a transform job, endpoints that change, and uploads."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from endpoint_cases import XGBOOST, alive
from model_cases import FEATURE_NAMES, SCHEMA, bundle_files, features_of, raw, table_of, train
from reliability_cases import until
from service_cases import ROLE, Service, log_lines
from training_cases import channel, csv_rows, training_request
from tuning_cases import continuous, tuning_request

from pipeline.packaging.archives import fused_archive
from pipeline.scoring.manifest import Manifest

BUCKET = "kills"
GROUP = "/aws/sagemaker/TrainingJobs"
ROWS = 2_000
LINE = b"M,0.5,3"
PART = 5 << 20


def variant(model: str) -> list[dict[str, Any]]:
    return [
        {"VariantName": "all", "ModelName": model, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"},
    ]


def put_data(service: Service, folder: Path) -> None:
    """Rows and two models whose answers differ by about 100."""
    s3, sagemaker = service.client("s3"), service.client("sagemaker")
    s3.create_bucket(Bucket=BUCKET)
    for seed, name in enumerate(("train", "validation")):
        s3.put_object(Bucket=BUCKET, Key=f"{name}/part.csv", Body=csv_rows(200, seed).encode())
    for name in ("one", "two"):
        s3.put_object(Bucket=BUCKET, Key=f"rows/{name}.csv", Body=(LINE + b"\n") * ROWS)
    features = features_of(table_of(200))
    for name, label in (("old", None), ("new", features[:, 2] + 100)):
        booster = raw(train(features, {}) if label is None else train(features, {}, label=label))
        path = fused_archive(
            bundle_files(), booster, SCHEMA, Manifest("features", FEATURE_NAMES), folder / f"{name}.tgz"
        )
        s3.upload_file(str(path), BUCKET, f"models/{name}.tar.gz")
        container = {"Image": XGBOOST, "ModelDataUrl": f"s3://{BUCKET}/models/{name}.tar.gz"}
        sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variant(name))


def programs(data: Path) -> set[int]:
    """The processes that work on what is below a folder, the service itself aside."""
    found = set()
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and str(data).encode() in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return {pid for pid in found if alive(pid) and b"--data-dir" not in Path(f"/proc/{pid}/cmdline").read_bytes()}


class Uploads:
    """Clients that put large objects, in parts, as long as the service answers."""

    def __init__(self, service: Service, folder: Path) -> None:
        self._path = folder / "large"
        self._path.write_bytes(os.urandom(3 * PART))
        self.digest = hashlib.sha256(self._path.read_bytes()).hexdigest()
        self._s3 = service.client("s3")
        self._thread = threading.Thread(target=self._put)
        self._thread.start()

    def _put(self) -> None:
        in_parts = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
        with suppress(BotoCoreError, Boto3Error, ClientError):
            for number in range(1000):
                self._s3.upload_file(str(self._path), BUCKET, f"large/{number}", Config=in_parts)

    def wait(self) -> None:
        """Until the service does not answer any more."""
        self._thread.join()


def create_all(service: Service) -> None:
    """Work of every kind, and endpoints that come and change."""
    sagemaker = service.client("sagemaker")
    channels = [channel(name, f"s3://{BUCKET}/{name}") for name in ("train", "validation")]
    request = training_request(
        "training", f"s3://{BUCKET}", channels, hyperparameters={"num_round": 1500, "nthread": 1}
    )
    sagemaker.create_training_job(**request)
    sagemaker.create_transform_job(
        TransformJobName="transform",
        ModelName="old",
        BatchStrategy="SingleRecord",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/rows/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/scored", "AssembleWith": "Line", "Accept": "text/csv"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    ranges = {"ContinuousParameterRanges": [continuous("eta", "0.05", "0.6")]}
    static = {"num_round": "300", "nthread": "1"}
    tuning = tuning_request("tuning", channels, f"s3://{BUCKET}", ranges, jobs=3, parallel=2, static=static)
    sagemaker.create_hyper_parameter_tuning_job(**tuning)
    sagemaker.create_endpoint(EndpointName="coming", EndpointConfigName="old")
    sagemaker.update_endpoint(EndpointName="changing", EndpointConfigName="new")


def statuses(client: Any) -> dict[str, str]:
    """What has become of everything."""
    tuning = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tuning")
    return {
        "training": client.describe_training_job(TrainingJobName="training")["TrainingJobStatus"],
        "transform": client.describe_transform_job(TransformJobName="transform")["TransformJobStatus"],
        "tuning": tuning["HyperParameterTuningJobStatus"],
        **{name: client.describe_endpoint(EndpointName=name)["EndpointStatus"] for name in ("coming", "changing")},
    }


def is_learning(service: Service) -> bool:
    """Whether the training program has said its first round."""
    with suppress(ClientError):
        return any(line.startswith("[0]") for line in log_lines(service.client("logs"), GROUP, "training/"))
    return False


def check_objects(s3: Any, digest: str) -> None:
    """Every object that is to be seen is whole, and nothing of a job that has not ended is to be seen."""
    for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        content = s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
        assert len(content) == entry["Size"]
        if entry["Key"].startswith("large/"):
            assert hashlib.sha256(content).hexdigest() == digest


@pytest.mark.slow
def test_after_every_kill_all_work_comes_to_its_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = Service(data)
    put_data(first, tmp_path)
    client = first.client("sagemaker")
    client.create_endpoint(EndpointName="changing", EndpointConfigName="old")
    until(lambda: client.describe_endpoint(EndpointName="changing")["EndpointStatus"] == "InService")
    uploads = Uploads(first, tmp_path)
    create_all(first)
    # An upload that nobody completes.
    s3 = first.client("s3")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="never")["UploadId"]
    s3.upload_part(Bucket=BUCKET, Key="never", UploadId=upload, PartNumber=1, Body=b"x" * PART)
    until(lambda: is_learning(first))
    first.kill()
    # Some end by themselves, when nobody reads what they say.
    left = programs(data)
    uploads.wait()
    # Killed between the resource of an endpoint and what serves it.
    with closing(sqlite3.connect(data / "state.sqlite")) as state, state:
        state.execute("UPDATE resources SET extra = '{}' WHERE name = 'coming' AND status = 'Creating'")
    second = Service(data)
    check_objects(second.client("s3"), uploads.digest)
    until(lambda: not left & programs(data))
    until(lambda: programs(data))
    second.kill()
    left = programs(data)
    third = Service(data)
    try:
        until(lambda: not left & programs(data))
        client, s3, runtime = (third.client(name) for name in ("sagemaker", "s3", "sagemaker-runtime"))
        jobs, endpoints = ("training", "transform", "tuning"), ("coming", "changing")
        ended = {**dict.fromkeys(jobs, "Completed"), **dict.fromkeys(endpoints, "InService")}
        until(lambda: statuses(client) == ended, lambda: (statuses(client), third.log.read_text()))
        check_objects(s3, uploads.digest)
        asked = {"ContentType": "text/csv", "Accept": "text/csv", "Body": LINE}
        answers = [runtime.invoke_endpoint(EndpointName=name, **asked)["Body"].read() for name in endpoints]
        # An update that was interrupted is taken back; one that came to its end before stays.
        changed = client.describe_endpoint(EndpointName="changing")["EndpointConfigName"] == "new"
        assert (answers[0] != answers[1]) is changed
        for name in ("one", "two"):
            scored = s3.get_object(Bucket=BUCKET, Key=f"scored/{name}.csv.out")["Body"].read()
            assert scored == (answers[0].rstrip(b"\n") + b"\n") * ROWS
        tuning = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tuning")
        assert tuning["TrainingJobStatusCounters"]["Completed"] == 3
        assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="never")
    finally:
        assert third.stop() == 0, third.log.read_text()
    assert not programs(data)
