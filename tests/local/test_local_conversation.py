"""A whole conversation: rows in S3, a training job, a model, an endpoint, a transform job, and a kill -9 on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from service_cases import ROLE, XGBOOST, Service, log_lines

ROWS = "".join(f"{number % 7 + number % 3},{number % 7},{number % 3}\n" for number in range(210))
ASKED = b"1,2\n6,0\n"

pytestmark = pytest.mark.slow


def until(describe: Callable[[], dict[str, Any]], member: str, *wanted: str) -> dict[str, Any]:
    """The description when its status is one of these."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        described = describe()
        if described[member] in wanted:
            return described
        time.sleep(0.1)
    raise AssertionError(described)


def training(name: str, **more: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://talk/rows/", "S3DataDistributionType": "FullyReplicated"}
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
        "HyperParameters": {"num_round": "20", "objective": "reg:squarederror"},
        "InputDataConfig": [
            {"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://talk/models"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **more,
    }


def variant(name: str, model: str, weight: float) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "InitialVariantWeight": weight,
    }


def test_from_rows_to_predictions_with_a_kill_on_the_way(tmp_path: Path) -> None:
    first = Service(tmp_path / "data")
    client, s3 = first.client("sagemaker"), first.client("s3")
    s3.create_bucket(Bucket="talk")
    s3.put_object(Bucket="talk", Key="rows/train.csv", Body=ROWS.encode())

    client.create_training_job(**training("trained"))
    trained = until(lambda: client.describe_training_job(TrainingJobName="trained"), "TrainingJobStatus", "Completed",
                    "Failed")  # fmt: skip
    assert trained["TrainingJobStatus"] == "Completed", trained
    artifacts = trained["ModelArtifacts"]["S3ModelArtifacts"]
    assert artifacts == "s3://talk/models/trained/output/model.tar.gz"
    passed = [transition["Status"] for transition in trained["SecondaryStatusTransitions"]]
    assert passed == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert trained["SecondaryStatus"] == "Completed"
    assert trained["TrainingStartTime"] < trained["TrainingEndTime"]
    assert trained["BillableTimeInSeconds"] >= 1
    assert log_lines(first.client("logs"), "/aws/sagemaker/TrainingJobs", "trained/")
    with pytest.raises(client.exceptions.ResourceInUse):
        client.create_training_job(**training("trained"))

    container = {"Image": XGBOOST, "ModelDataUrl": artifacts}
    client.create_model(ModelName="model", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    client.create_endpoint_config(
        EndpointConfigName="both", ProductionVariants=[variant("a", "model", 1), variant("b", "model", 0)]
    )
    client.create_endpoint(EndpointName="endpoint", EndpointConfigName="both")
    with pytest.raises(ClientError, match="Cannot create already existing endpoint") as taken:
        client.create_endpoint(EndpointName="endpoint", EndpointConfigName="both")
    assert taken.value.response["Error"]["Code"] == "ValidationException"
    client.get_waiter("endpoint_in_service").wait(EndpointName="endpoint", WaiterConfig={"Delay": 1})
    answer = _ask(first)
    assert answer[0] == "a"
    with pytest.raises(ClientError, match="ValidationException"):
        client.update_endpoint_weights_and_capacities(
            EndpointName="endpoint", DesiredWeightsAndCapacities=[{"VariantName": "c", "DesiredWeight": 0}]
        )
    weights = [{"VariantName": "a", "DesiredWeight": 0}, {"VariantName": "b", "DesiredWeight": 1}]
    client.update_endpoint_weights_and_capacities(EndpointName="endpoint", DesiredWeightsAndCapacities=weights)
    until(lambda: client.describe_endpoint(EndpointName="endpoint"), "EndpointStatus", "InService")
    assert _ask(first) == ("b", answer[1])
    # What an endpoint serves does not need its config and model to be there.
    client.delete_endpoint_config(EndpointConfigName="both")
    first.kill()

    second = Service(tmp_path / "data")
    try:
        client, s3 = second.client("sagemaker"), second.client("s3")
        described = until(lambda: client.describe_endpoint(EndpointName="endpoint"), "EndpointStatus", "InService")
        assert described["EndpointConfigName"] == "both"
        assert [one["CurrentWeight"] for one in described["ProductionVariants"]] == [0, 1]
        assert _ask(second) == ("b", answer[1])

        _transform(client, s3)
        assert s3.get_object(Bucket="talk", Key="out/asked.csv.out")["Body"].read().split() == answer[1]

        client.delete_endpoint(EndpointName="endpoint")
        client.get_waiter("endpoint_deleted").wait(EndpointName="endpoint", WaiterConfig={"Delay": 1})
        assert client.list_endpoints()["Endpoints"] == []
        assert len(client.list_training_jobs(StatusEquals="Completed")["TrainingJobSummaries"]) == 1
        assert second.client("logs").describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs")["logStreams"]
    finally:
        assert second.stop() == 0


def _ask(service: Service) -> tuple[str, list[bytes]]:
    """The variant that answered, and its predictions."""
    reply = service.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="endpoint", Body=ASKED, ContentType="text/csv", Accept="text/csv"
    )
    return reply["InvokedProductionVariant"], reply["Body"].read().replace(b",", b" ").split()


def _transform(client: Any, s3: Any) -> None:
    s3.put_object(Bucket="talk", Key="in/asked.csv", Body=ASKED)
    request = {
        "ModelName": "model",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://talk/in/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": "s3://talk/out", "Accept": "text/csv", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    client.create_transform_job(TransformJobName="transform", **request)
    ended = until(lambda: client.describe_transform_job(TransformJobName="transform"), "TransformJobStatus",
                  "Completed", "Failed")  # fmt: skip
    assert ended["TransformJobStatus"] == "Completed", ended
    with pytest.raises(ClientError, match="Could not find model"):
        client.create_transform_job(TransformJobName="other", **{**request, "ModelName": "none"})
