"""The containers of a model, in the three layouts."""

from __future__ import annotations

import re
from typing import Any

from pipeline.errors import ConfigError
from pipeline.plan.context import Context
from pipeline.plan.images import is_uri
from pipeline.plan.places import CODE, PROGRAM
from pipeline.schema.contract import Column
from pipeline.schema.sparkml import sparkml_schema_text

# AWS's limit to one variable of a model.
LONGEST_VARIABLE = 1024
# The first XGBoost image whose Python runs the scorer.
_SCRIPT_MODE_FROM = (3, 2)
_CSV = "text/csv"


def containers(context: Context, archive: str) -> list[dict[str, Any]]:
    """The containers in their order; `archive` is what the last one loads."""
    if context.config.ratings is not None:
        return [_factorization_machines(context, archive)]
    layout = context.sagemaker.model.layout
    made = {"two-containers": _two_containers, "fused": _fused, "image": _image}[layout](context, archive)
    extra = context.sagemaker.model.environment
    return [{**container, "Environment": container["Environment"] | extra} for container in made]


def takes_many_rows(context: Context) -> bool:
    """Whether the first container scores every row of a request: AWS's SparkML server scores the first one."""
    return context.config.ratings is not None or context.sagemaker.model.layout != "two-containers"


def _factorization_machines(context: Context, archive: str) -> dict[str, Any]:
    """What was trained, in the image that trained it."""
    environment = context.sagemaker.model.environment
    image = context.image("factorization_machines")
    return {"Image": image, "ModelDataUrl": archive, **({"Environment": environment} if environment else {})}


def _two_containers(context: Context, archive: str) -> list[dict[str, Any]]:
    if context.config.training.content_type == "text/libsvm":
        raise ConfigError(
            "sagemaker.model.layout: two-containers does not fit training.content_type text/libsvm: XGBoost learned "
            "zeros as missing, and AWS's SparkML container hands them on as values",
            hint="layout: fused",
        )
    return [
        {
            "Image": context.image("sparkml"),
            "ModelDataUrl": context.places.bundle,
            "Environment": {
                "SAGEMAKER_SPARKML_SCHEMA": _sparkml_schema(context),
                "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": _CSV,
            },
        },
        {
            "Image": context.image("xgboost"),
            "ModelDataUrl": archive,
            "Environment": {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": _CSV, **_output(context)},
        },
    ]


def _fused(context: Context, archive: str) -> list[dict[str, Any]]:
    version = context.sagemaker.images.xgboost
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if not is_uri(version) and (numbers is None or (int(numbers[1]), int(numbers[2])) < _SCRIPT_MODE_FROM):
        raise ConfigError(
            f"sagemaker.images.xgboost: {version} has too old a Python for layout fused",
            hint="name 3.2-0 or newer, or choose another sagemaker.model.layout",
        )
    if context.sagemaker.network_isolation and context.sagemaker.model.wheels is None:
        raise ConfigError(
            "sagemaker.model.wheels is missing: with network_isolation the container cannot fetch orjson and regex",
            hint="pip download orjson regex --only-binary=:all: --platform manylinux2014_x86_64 "
            "--python-version 3.12 -d FOLDER",
        )
    script = {"SAGEMAKER_PROGRAM": PROGRAM, "SAGEMAKER_SUBMIT_DIRECTORY": CODE}
    return [_single(context, context.image("xgboost"), archive, script)]


def _image(context: Context, archive: str) -> list[dict[str, Any]]:
    own = context.sagemaker.images.own
    if own is None:
        raise ConfigError(
            "sagemaker.images.own is missing: layout image serves from an image of your own",
            hint="build docker/Dockerfile, push it, and name its URI",
        )
    return [_single(context, own, archive, {})]


def _single(context: Context, image: str, archive: str, variables: dict[str, str]) -> dict[str, Any]:
    environment = {**variables, "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": _CSV, **_output(context)}
    return {"Image": image, "ModelDataUrl": archive, "Environment": environment}


def _sparkml_schema(context: Context) -> str:
    output = Column(context.config.features.column, "double", struct="vector")
    schema = sparkml_schema_text(context.schema, output)
    if len(schema) > LONGEST_VARIABLE:
        raise ConfigError(
            f"the contract's {len(context.schema.features)} features make a SAGEMAKER_SPARKML_SCHEMA of "
            f"{len(schema):,} characters; a variable of a model holds {LONGEST_VARIABLE:,}",
            hint="sagemaker.model.layout: fused; there the contract travels in the archive",
        )
    return schema


def _output(context: Context) -> dict[str, str]:
    output = context.config.inference.output
    return {"SAGEMAKER_INFERENCE_OUTPUT": ",".join(output)} if output else {}
