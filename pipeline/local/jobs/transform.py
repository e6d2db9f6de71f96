"""Batch transform: objects of S3 through a model's containers, each into an object of its name with `.out`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from pipeline.aws.session import LOCAL_CREDENTIALS, new_session
from pipeline.local.endpoints.container import Containers, download_containers
from pipeline.local.endpoints.deployment import end
from pipeline.local.endpoints.instance import Instance
from pipeline.local.images import Images
from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.jobs.outputs import publish
from pipeline.local.transform.processing import Processing
from pipeline.local.transform.requests import Model
from pipeline.local.transform.settings import Settings
from pipeline.local.transform.work import Work

_HEALTHY_SECONDS = 480.0


def run_transform(job: Job, models: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """CreateTransformJob: serves the model, sends it every record, and uploads the results when all went well.

    `models` has CreateModel's requests by name; without it the service that the job belongs to is asked. Results stand
    in the input's order. Raises JobFailure, nothing uploaded, naming file and line of a record that the model refuses
    and the container's reason; and where the job is stopped.
    """
    settings = Settings.of(job.request)
    processing = Processing(settings)
    source = job.request["TransformInput"]["DataSource"]["S3DataSource"]
    inputs, outputs = job.folder / "input", job.folder / "output"
    files = job.objects.download(source["S3Uri"], inputs, data_type=source["S3DataType"])
    model = _described(job) if models is None else models[job.request["ModelName"]]
    images = None if models is None else Images()
    extra = {**job.request.get("Environment", {}), **settings.environment}
    containers = download_containers(model, job.objects, job.folder / "models", images, extra)
    instances = [_instance(containers, job, number + 1) for number in range(settings.instances)]
    try:
        for instance in instances:
            instance.start()
        for instance in instances:
            instance.wait(_HEALTHY_SECONDS, job.stopping)
        names = {file: file.relative_to(inputs).as_posix() for file in files}
        work = Work(Model(instances, settings, processing), settings, outputs, partial(job.log, 1), job.stopping)
        asyncio.run(work.run(names))
    finally:
        end(instances)
    target = job.request["TransformOutput"]["S3OutputPath"].rstrip("/")
    publish(job, {f"{target}/{name}.out": outputs / f"{name}.out" for name in names.values()})
    return {}


def _instance(containers: Containers, job: Job, number: int) -> Instance:
    return Instance(containers, job.environment, lambda hostname, line: job.log(number, f"{hostname}: {line}"))


def _described(job: Job) -> dict[str, Any]:
    """The model as DescribeModel tells it: what it was created with."""
    from botocore.exceptions import ClientError

    name, environment = job.request["ModelName"], job.environment
    # Those of its environment may be another store's.
    session = new_session(environment.get("AWS_REGION", "us-east-1"), **LOCAL_CREDENTIALS)
    client = session.client("sagemaker", endpoint_url=environment["AWS_ENDPOINT_URL"])
    try:
        return dict(client.describe_model(ModelName=name))
    except ClientError as error:
        raise JobFailure(f"model {name}: {error}") from error
    finally:
        client.close()
