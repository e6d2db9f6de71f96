"""Jobs and endpoints of a service whose objects are in another S3-compatible store, with credentials from a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from endpoint_cases import BUCKET, LINE, container, variant
from service_cases import ROLE, SECONDS, Service, finished, keys
from training_cases import channel, csv_rows, training_request

from pipeline.local.objects import Objects


def until(describe: Callable[[], dict[str, Any]], member: str, *wanted: str) -> dict[str, Any]:
    """The description when its status is one of these."""
    deadline = time.monotonic() + SECONDS
    while (described := describe())[member] not in wanted:
        assert time.monotonic() < deadline, described
        time.sleep(0.1)
    return described


@pytest.fixture(scope="module")
def beside(archives: Objects, store_client: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service beside the store; nothing has come into its own S3 when it ends."""
    folder = tmp_path_factory.mktemp("beside")
    credentials = folder / "credentials"
    credentials.write_text("[default]\naws_access_key_id = of-the-store\naws_secret_access_key = secret\n")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
        images = ("--image", "tasks=python")
        service = Service(folder / "data", "--s3-endpoint", store_client.meta.endpoint_url, *images)
    yield service
    assert service.client("s3").list_buckets()["Buckets"] == []
    assert service.stop() == 0, service.log.read_text()


@pytest.fixture(scope="module")
def sagemaker(beside: Service) -> Any:
    """A client, and a model."""
    client = beside.client("sagemaker")
    client.create_model(ModelName="fused", ExecutionRoleArn=ROLE, PrimaryContainer=container("fused"))
    return client


def test_a_training_job_leaves_its_model_there(sagemaker: Any, store_client: Any) -> None:
    store_client.put_object(Bucket="models", Key="rows/part.csv", Body=csv_rows(40).encode())
    sagemaker.create_training_job(**training_request("away", BUCKET, [channel("train", f"{BUCKET}/rows/")]))
    described = until(
        lambda: sagemaker.describe_training_job(TrainingJobName="away"), "TrainingJobStatus", "Completed", "Failed"
    )
    assert described["TrainingJobStatus"] == "Completed", described["FailureReason"]
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": f"{BUCKET}/jobs/away/output/model.tar.gz"}
    assert "jobs/away/output/model.tar.gz" in keys(store_client, "models", "jobs/")


def test_a_job_s_own_program_gets_the_credentials(sagemaker: Any, store_client: Any) -> None:
    program = (
        "import boto3; session = boto3.Session(); body = session.get_credentials().access_key; "
        "session.client('s3').put_object(Bucket='models', Key='own/key', Body=body)"
    )
    sagemaker.create_processing_job(
        ProcessingJobName="own",
        RoleArn=ROLE,
        AppSpecification={
            "ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/my/tasks:1",
            "ContainerEntrypoint": ["python", "-c", program],
        },
        ProcessingResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
        },
    )
    described = finished(sagemaker, "own")
    assert described["ProcessingJobStatus"] == "Completed", described["FailureReason"]
    assert store_client.get_object(Bucket="models", Key="own/key")["Body"].read() == b"of-the-store"


def test_a_transform_job_and_an_endpoint_answer_the_same(beside: Service, sagemaker: Any, store_client: Any) -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    }
    sagemaker.create_endpoint_config(
        EndpointConfigName="away", ProductionVariants=[variant()], DataCaptureConfig=capture
    )
    sagemaker.create_endpoint(EndpointName="away", EndpointConfigName="away")
    store_client.put_object(Bucket="models", Key="asked/rows.csv", Body=LINE + b"\n")
    sagemaker.create_transform_job(
        TransformJobName="away",
        ModelName="fused",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/asked/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"{BUCKET}/answered", "AssembleWith": "Line"},
        TransformResources={"InstanceCount": 1, "InstanceType": "ml.m5.large"},
    )
    described = until(
        lambda: sagemaker.describe_transform_job(TransformJobName="away"), "TransformJobStatus", "Completed", "Failed"
    )
    assert described["TransformJobStatus"] == "Completed", described["FailureReason"]
    batch = store_client.get_object(Bucket="models", Key="answered/rows.csv.out")["Body"].read()
    until(lambda: sagemaker.describe_endpoint(EndpointName="away"), "EndpointStatus", "InService")
    reply = beside.client("sagemaker-runtime").invoke_endpoint(EndpointName="away", ContentType="text/csv", Body=LINE)
    assert reply["Body"].read().split() == batch.split()
    deadline = time.monotonic() + SECONDS
    while not keys(store_client, "models", "captured/away/"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
