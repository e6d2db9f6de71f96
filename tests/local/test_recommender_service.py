"""Factorization machines on the local service, by unchanged boto3: training, tuning, endpoint, transform."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import numpy as np
import pytest
from machine_cases import GIVEN, SIZE, encoded, ratings
from service_cases import ROLE, SECONDS, Service, keys, log_lines

from pipeline.bundle.archive import read_files
from pipeline.factorization import FILE
from pipeline.factorization.model import FactorizationMachine, part
from pipeline.recordio import CONTENT_TYPE, Rows, encode_rows, read_labels

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/factorization-machines:1"
BUCKET = "s3://recommender"
_FINAL = {"Completed", "Failed", "Stopped", "InService"}
TEST = ratings(250, seed=8)
RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}


def channel(name: str, mode: str = "File") -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/{name}/", "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "ContentType": CONTENT_TYPE, "InputMode": mode, "DataSource": {"S3DataSource": source}}


def definition() -> dict[str, Any]:
    """What training jobs have in common."""
    return {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "InputDataConfig": [channel("train", "FastFile"), channel("test")],
        "OutputDataConfig": {"S3OutputPath": f"{BUCKET}/out"},
        "ResourceConfig": RESOURCES,
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def ended(describe: Any, status: str) -> dict[str, Any]:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        described: dict[str, Any] = describe()
        if described[status] in _FINAL:
            return described
        time.sleep(0.1)
    raise AssertionError(f"it has not ended: {described}")


@pytest.fixture(scope="module")
def trained(service: Service, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], FactorizationMachine]:
    """A training job of the module, and its model."""
    s3, client = service.client("s3"), service.client("sagemaker")
    s3.create_bucket(Bucket="recommender")
    rows = ratings()
    for name, content in {
        "train/part-00000.pbr": encoded(part(rows, 0, 700)),
        "train/part-00001.pbr": encoded(part(rows, 700, len(rows))),
        "test/part-00000.pbr": encoded(TEST),
        # Two files, the second too large for one request.
        "requests/part-00000.pbr": encode_rows(unlabelled(part(TEST, 0, 60))),
        "requests/part-00001.pbr": encode_rows(unlabelled(part(TEST, 60, len(TEST)))),
        "broken/part-00000.pbr": encode_rows(unlabelled(part(TEST, 0, 3)))[:-4],
    }.items():
        s3.put_object(Bucket="recommender", Key=name, Body=content)
    client.create_training_job(TrainingJobName="machines", HyperParameters=GIVEN, **definition())
    described = ended(lambda: client.describe_training_job(TrainingJobName="machines"), "TrainingJobStatus")
    assert described["TrainingJobStatus"] == "Completed", described
    path = tmp_path_factory.mktemp("trained") / "model.tar.gz"
    key = described["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"{BUCKET}/")
    path.write_bytes(s3.get_object(Bucket="recommender", Key=key)["Body"].read())
    container = {"Image": IMAGE, "ModelDataUrl": f"{BUCKET}/{key}"}
    client.create_model(ModelName="machines", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    return described, FactorizationMachine.from_bytes(read_files(path)[FILE])


def unlabelled(rows: Rows) -> Rows:
    return Rows(rows.starts, rows.keys, rows.values, rows.sizes)


def test_training_says_its_metrics(service: Service, trained: Any) -> None:
    described, machine = trained
    final = {each["MetricName"]: each["Value"] for each in described["FinalMetricDataList"]}
    assert machine.feature_dim == SIZE
    assert final["test:rmse"] == pytest.approx(_rmse(machine), rel=1e-6)
    assert final["train:rmse"] < 0.5
    said = log_lines(service.client("logs"), "/aws/sagemaker/TrainingJobs", "machines/")
    assert any(line.startswith("#quality_metric: host=algo-1, epoch=29, train rmse <loss>=") for line in said)


def _rmse(machine: FactorizationMachine) -> float:
    assert TEST.labels is not None
    return float(np.sqrt(((machine.scores(TEST) - TEST.labels) ** 2).mean()))


def transform(service: Service, name: str, prefix: str, **fields: Any) -> dict[str, Any]:
    client = service.client("sagemaker")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/{prefix}/"}}
    client.create_transform_job(
        TransformJobName=name,
        ModelName="machines",
        TransformInput={"DataSource": source, "ContentType": CONTENT_TYPE, "SplitType": "RecordIO"},
        TransformOutput={"S3OutputPath": f"{BUCKET}/{name}", "Accept": "application/jsonlines", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **fields,
    )
    return ended(lambda: client.describe_transform_job(TransformJobName=name), "TransformJobStatus")


def test_transform_endpoint_and_formula_agree_to_the_last_bit(service: Service, trained: Any) -> None:
    machine = trained[1]
    expected = machine.scores(TEST)
    assert transform(service, "many", "requests", MaxPayloadInMB=1)["TransformJobStatus"] == "Completed"
    s3 = service.client("s3")
    found: list[float] = []
    for key in keys(s3, "recommender", "many/"):
        lines = s3.get_object(Bucket="recommender", Key=key)["Body"].read().splitlines()
        found += [json.loads(line)["score"] for line in lines]
    assert np.array(found, np.float32).tobytes() == expected.tobytes()

    client, runtime = service.client("sagemaker"), service.client("sagemaker-runtime")
    variant = {"VariantName": "AllTraffic", "ModelName": "machines", "InstanceType": "ml.m5.large"}
    client.create_endpoint_config(
        EndpointConfigName="machines", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    client.create_endpoint(EndpointName="machines", EndpointConfigName="machines")
    described = ended(lambda: client.describe_endpoint(EndpointName="machines"), "EndpointStatus")
    assert described["EndpointStatus"] == "InService", described
    try:
        reply = runtime.invoke_endpoint(
            EndpointName="machines", ContentType=CONTENT_TYPE, Accept=CONTENT_TYPE, Body=encode_rows(TEST)
        )
        assert read_labels(io.BytesIO(reply["Body"].read()), "score").tobytes() == expected.tobytes()
        tensor = {"keys": TEST.keys[:2].tolist(), "shape": [SIZE], "values": [1, 1]}
        body = json.dumps({"instances": [{"data": {"features": tensor}}]})
        reply = runtime.invoke_endpoint(EndpointName="machines", ContentType="application/json", Body=body)
        assert np.float32(json.loads(reply["Body"].read())["predictions"][0]["score"]) == expected[0]
        body = json.dumps({"instances": [{"data": {"features": {**tensor, "keys": [1]}}}]})
        with pytest.raises(runtime.exceptions.ModelError, match=r"row 1: 2 values with 1 keys"):
            runtime.invoke_endpoint(EndpointName="machines", ContentType="application/json", Body=body)
    finally:
        client.delete_endpoint(EndpointName="machines")


def test_a_broken_stream_is_told_by_file_and_record(service: Service, trained: Any) -> None:
    described = transform(service, "broken", "broken")
    assert described["TransformJobStatus"] == "Failed"
    assert "part-00000.pbr: record 3, byte " in described["FailureReason"]
    assert "the stream is cut off" in described["FailureReason"]


def test_a_tuning_job_finds_the_least_rmse(service: Service, trained: Any) -> None:
    client = service.client("sagemaker")
    given = {name: value for name, value in GIVEN.items() if name != "factors_lr"} | {"epochs": "12"}
    client.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="tuned",
        HyperParameterTuningJobConfig={
            "Strategy": "Grid",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "test:rmse"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "factors_lr", "Values": ["0.02", "0.000001"]}]},
        },
        TrainingJobDefinition={**definition(), "StaticHyperParameters": given},
    )
    described = ended(
        lambda: client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tuned"),
        "HyperParameterTuningJobStatus",
    )
    assert described["HyperParameterTuningJobStatus"] == "Completed", described
    best = described["BestTrainingJob"]
    assert best["TunedHyperParameters"] == {"factors_lr": "0.02"}
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["MetricName"] == "test:rmse"
    job = client.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert job["HyperParameters"]["_tuning_objective_metric"] == "test:rmse"
