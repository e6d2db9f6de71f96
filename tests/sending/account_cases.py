"""Jobs, models and endpoints of the tests' own making, on a local service."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from model_cases import raw, train
from service_cases import ROLE, SECONDS, XGBOOST, Service, keys

from pipeline.packaging.archives import xgboost_archive
from pipeline.plan.steps import Plan, Step
from pipeline.plan.waits import wait_for
from pipeline.sending.clients import make_clients
from pipeline.sending.follow import call

BUCKET = "account"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks:1"
# What a request needs to be taken; the data of training jobs is not there, so that they end at once.
_TRAINING: dict[str, Any] = {
    "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
    "RoleArn": ROLE,
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "ContentType": "text/csv",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/nothing/"}},
        }
    ],
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 600},
}


class Account:
    """An account of the local service's; each test has names of its own in it."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.url = service.url
        self.clients = make_clients("us-east-1", endpoint=service.url)
        self.sagemaker, self.s3 = self.clients.sagemaker, self.clients.s3
        self.s3.create_bucket(Bucket=BUCKET)
        features = np.arange(20.0).reshape(10, 2)
        self.s3.upload_file(
            str(xgboost_archive(raw(train(features, {}, rounds=1)), folder / "good.tar.gz")), BUCKET, "good.tar.gz"
        )
        self.s3.put_object(Bucket=BUCKET, Key="broken.tar.gz", Body=b"no archive")

    def processing(self, name: str, program: str = "pass", output: str = "") -> dict[str, Any]:
        """Starts a processing job that runs a Python program; returns its request."""
        outputs = [
            {
                "OutputName": "out",
                "S3Output": {
                    "S3Uri": output or f"s3://{BUCKET}/{name}/out",
                    "LocalPath": "/opt/ml/processing/output",
                    "S3UploadMode": "EndOfJob",
                },
            }
        ]
        request = {
            "ProcessingJobName": name,
            "RoleArn": ROLE,
            "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python", "-c", program]},
            "ProcessingOutputConfig": {"Outputs": outputs},
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
            },
        }
        self.sagemaker.create_processing_job(**request)
        return request

    def training(self, name: str, output: str = "") -> dict[str, Any]:
        """Starts a training job that fails, for it finds no rows; returns its request."""
        request = {
            "TrainingJobName": name,
            "HyperParameters": {"num_round": "1"},
            **_TRAINING,
            "OutputDataConfig": {"S3OutputPath": output or f"s3://{BUCKET}/{name}"},
        }
        self.sagemaker.create_training_job(**request)
        return request

    def tuning(self, name: str, output: str) -> dict[str, Any]:
        """Starts a tuning job of one training job, which fails; returns its request."""
        ranges = [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.3", "ScalingType": "Linear"}]
        request = {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobConfig": {
                "Strategy": "Random",
                "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "train:rmse"},
                "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
                "ParameterRanges": {"ContinuousParameterRanges": ranges},
            },
            "TrainingJobDefinition": {
                **_TRAINING,
                "StaticHyperParameters": {"num_round": "1"},
                "OutputDataConfig": {"S3OutputPath": output},
            },
        }
        self.sagemaker.create_hyper_parameter_tuning_job(**request)
        return request

    def model(self, name: str, archive: str = "good.tar.gz") -> dict[str, Any]:
        """Makes a model; returns its request."""
        container = {"Image": XGBOOST, "ModelDataUrl": f"s3://{BUCKET}/{archive}"}
        request = {"ModelName": name, "PrimaryContainer": container, "ExecutionRoleArn": ROLE}
        self.sagemaker.create_model(**request)
        return request

    def config(self, name: str, model: str) -> dict[str, Any]:
        """Makes an endpoint's configuration; returns its request."""
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": model,
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
        }
        request = {"EndpointConfigName": name, "ProductionVariants": [variant]}
        self.sagemaker.create_endpoint_config(**request)
        return request

    def transform(self, name: str, model: str) -> dict[str, Any]:
        """Starts a transform job on one row; returns its request."""
        self.s3.put_object(Bucket=BUCKET, Key=f"{name}/rows/part-0", Body=b"1,2\n")
        request = {
            "TransformJobName": name,
            "ModelName": model,
            "TransformInput": {
                "DataSource": {
                    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{name}/rows/part-0"}
                },
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/{name}/predictions"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        }
        self.sagemaker.create_transform_job(**request)
        return request

    def endpoint(self, name: str, config: str) -> dict[str, Any]:
        """Makes an endpoint, and waits until it is in service or has failed; returns its description."""
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return self.ended("Endpoint", name)

    def ended(self, kind: str, name: str) -> dict[str, Any]:
        """What the service says of a job or an endpoint when it has come to its end."""
        wait = wait_for(f"Create{kind}", name)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            described = call(self.sagemaker, wait.describe, wait.request)
            if wait.is_over(described):
                return described
            time.sleep(0.1)
        raise AssertionError(f"{name} has not ended: {described}")

    def put(self, *names: str) -> None:
        """Objects with nothing in them."""
        for key in names:
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=b"")

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin so."""
        return keys(self.s3, BUCKET, prefix)


def plan_of(pipeline: str, key: str, *requests: tuple[str, dict[str, Any]]) -> Plan:
    """A plan of these operations with their requests."""
    steps = []
    for operation, request in requests:
        thing = operation.removeprefix("Create")
        service = "glue" if operation == "CreateJob" else "sagemaker"
        waits = service == "sagemaker" and thing not in ("Model", "EndpointConfig", "ModelPackageGroup")
        expected = {name: request[name] for name in ("EndpointConfigName",) if thing == "Endpoint"}
        wait = wait_for(operation, str(request.get(f"{thing}Name", "")), expected) if waits else None
        steps.append(Step(thing.lower(), operation, request, wait, service=service))
    return Plan(pipeline, key, "us-east-1", f"s3://{BUCKET}/{pipeline}/{key}", (), tuple(steps))
