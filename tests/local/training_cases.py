"""Training jobs without a service around them: the executor, an S3, and what it says on its way."""

from __future__ import annotations

import io
import os
import tarfile
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.local.jobs.job import Job
from pipeline.local.objects import Objects

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
ROLE = "arn:aws:iam::123456789012:role/pipeline"


class Bench:
    """A bucket of one's own, and jobs in it."""

    def __init__(self, client: Any, folder: Path) -> None:
        self.objects = Objects(client)
        self.bucket = f"training-{uuid.uuid4().hex[:12]}"
        self.uri = f"s3://{self.bucket}"
        self._client, self._folder = client, folder
        client.create_bucket(Bucket=self.bucket)

    def put(self, key: str, content: str) -> str:
        self._client.put_object(Bucket=self.bucket, Key=key, Body=content.encode())
        return f"{self.uri}/{key}"

    def names(self, prefix: str) -> list[str]:
        start = f"{self.uri}/{prefix}/"
        return [uri.removeprefix(start) for uri in self.objects.keys(start)]

    def archive(self, key: str) -> dict[str, bytes]:
        """The files of a tar.gz."""
        with tarfile.open(fileobj=io.BytesIO(self.objects.read(f"{self.uri}/{key}"))) as archive:
            members = [(member.name, archive.extractfile(member)) for member in archive]
            return {name: stream.read() for name, stream in members if stream is not None}

    def job(self, request: dict[str, Any], on_line: Callable[[str], None] | None = None) -> RecordedJob:
        folder = self._folder / uuid.uuid4().hex / "work"
        folder.mkdir(parents=True)
        return RecordedJob(request, folder, self.objects, on_line)


class RecordedJob:
    """A job and all that its executor said."""

    def __init__(
        self, request: dict[str, Any], folder: Path, objects: Objects, on_line: Callable[[str], None] | None
    ) -> None:
        self.lines: dict[int, list[str]] = {}
        self.updates: list[dict[str, Any]] = []
        self._on_line = on_line
        self.job = Job(
            kind="training-job",
            name=request["TrainingJobName"],
            request=request,
            folder=folder,
            objects=objects,
            log=self._log,
            stopping=threading.Event(),
            update=lambda **fields: self.updates.append(fields),
            environment=dict(os.environ),
        )

    def _log(self, instance: int, line: str) -> None:
        self.lines.setdefault(instance, []).append(line)
        if self._on_line is not None:
            self._on_line(line)

    @property
    def statuses(self) -> list[str]:
        return [update["SecondaryStatus"] for update in self.updates if "SecondaryStatus" in update]

    def rounds(self, instance: int = 1) -> list[str]:
        """The lines of metrics."""
        return [line for line in self.lines.get(instance, ()) if "\ttrain-" in line]


def csv_rows(count: int, seed: int = 1) -> str:
    """A label that follows from three features."""
    random = np.random.default_rng(seed)
    features = random.integers(0, 20, (count, 3)) / 4
    label = features[:, 0] * 2 + features[:, 1] ** 2 + random.normal(scale=0.5, size=count)
    return "".join(",".join(map(repr, row)) + "\n" for row in np.column_stack([label, features]).tolist())


def channel(name: str, uri: str, **source: Any) -> dict[str, Any]:
    """A channel of CSV; `ShuffleConfig` and `InputMode` are the channel's, the rest the data source's."""
    own = {key: source.pop(key) for key in ("ShuffleConfig", "InputMode") if key in source}
    described = {"S3DataType": "S3Prefix", "S3Uri": uri, **source}
    return {"ChannelName": name, "ContentType": "text/csv", "DataSource": {"S3DataSource": described}, **own}


def training_request(name: str, uri: str, channels: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """CreateTrainingJob; `hyperparameters` and `instances` in place of what holds them."""
    hyperparameters = {"num_round": "5", **more.pop("hyperparameters", {})}
    return {
        "TrainingJobName": name,
        "HyperParameters": {key: str(value) for key, value in hyperparameters.items()},
        "AlgorithmSpecification": {
            "TrainingImage": XGBOOST,
            "TrainingInputMode": "File",
            **more.pop("algorithm", {}),
        },
        "RoleArn": ROLE,
        "InputDataConfig": channels,
        "OutputDataConfig": {"S3OutputPath": f"{uri}/jobs", **more.pop("output", {})},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": more.pop("instances", 1),
            "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **more,
    }
