"""A pipeline file as the requests that SageMaker gets, in order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.config.model import PipelineConfig
from pipeline.errors import ConfigError
from pipeline.plan.check import check
from pipeline.plan.context import Context
from pipeline.plan.endpoint import endpoint_config_step, endpoint_step
from pipeline.plan.glue import glue_steps
from pipeline.plan.model import model_step
from pipeline.plan.processing import processing_step
from pipeline.plan.registration import group_step, package_step
from pipeline.plan.settings import Settings
from pipeline.plan.steps import Plan, Step
from pipeline.plan.training import training_step
from pipeline.plan.transform import transform_step
from pipeline.plan.tuning import tuning_step
from pipeline.plan.uploads import uploads
from pipeline.schema import Schema, load_schema

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def plan_requests(
    config: PipelineConfig, file: Path, settings: Settings, run_key: str, *, rows: Path | None = None
) -> Plan:
    """The plan of one run of a pipeline file; nothing is sent, and no network is needed.

    `run_key` tells runs apart: letters, digits, dots, hyphens and underscores, 40 at most. `rows` are the run's own
    input, over the file's. Every request satisfies AWS's constraints. Raises ConfigError, with the key that is at fault
    where there is one, and SchemaError for the contract.
    """
    check_key(run_key)
    context = Context(config.name, settings, run_key, config, _contract(config))
    if rows is not None and (config.data.location or "").startswith("s3://"):
        context = replace(context, config=_without_location(config))
    return Plan(
        pipeline=config.name,
        run_key=run_key,
        region=settings.region,
        root=context.places.root,
        uploads=uploads(context, file.parent.absolute(), rows),
        steps=tuple(check(step) for step in _steps(context)),
    )


def check_key(run_key: str) -> None:
    """Raises ConfigError for a key that cannot tell runs apart."""
    if not _KEY.fullmatch(run_key):
        raise ConfigError(
            f"the run's key is {run_key!r}", hint="letters, digits, dots, hyphens and underscores, 40 at most"
        )


def content_key(file: Path, config: PipelineConfig) -> str:
    """A run key made of the pipeline file and its contract: the same as long as they are the same."""
    content = file.read_bytes() + b"\0" + Path(config.data.schema_file).read_bytes()
    return hashlib.sha256(content).hexdigest()[:8]


def _steps(context: Context) -> Iterator[Step]:
    section = context.sagemaker
    if context.config.glue is None:
        yield processing_step(context)
    else:
        yield from glue_steps(context, context.config.glue)
    yield training_step(context) if section.tuning is None else tuning_step(context, section.tuning)
    model = model_step(context)
    yield model
    if section.registration is not None:
        yield group_step(context, section.registration)
        yield package_step(context, section.registration, model.request)
    if section.endpoint is not None:
        yield endpoint_config_step(context, section.endpoint)
        yield endpoint_step(context, section.endpoint)
    if section.transform is not None:
        yield transform_step(context, section.transform)


def _contract(config: PipelineConfig) -> Schema:
    """The contract with the label that the file names, as the Spark job takes it."""
    schema, label = load_schema(config.data.schema_file), config.data.label
    if label is None:
        return schema
    schema[label]
    return replace(
        schema, columns=tuple(replace(column, label=column.name == label, classes=None) for column in schema.columns)
    )


def _without_location(config: PipelineConfig) -> PipelineConfig:
    return config.model_copy(update={"data": config.data.model_copy(update={"location": None})})
