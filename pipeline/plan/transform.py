"""CreateTransformJob: predictions of the test split, or of what the file names."""

from __future__ import annotations

from typing import Any

from pipeline.config.sagemaker_jobs import TransformJob
from pipeline.errors import ConfigError
from pipeline.plan.containers import takes_many_rows
from pipeline.plan.context import Context
from pipeline.plan.model import model_name
from pipeline.plan.steps import Step
from pipeline.plan.waits import wait_for
from pipeline.recordio import CONTENT_TYPE

NAME = "transform"
_JSON_LINES = "application/jsonlines"


def transform_step(context: Context, transform: TransformJob) -> Step:
    """The request. Where AWS's SparkML container comes first, a request is one row: it answers no second one."""
    name = context.name("batch")
    is_recommender = context.config.ratings is not None
    if is_recommender:
        _check_recordio(transform)
    request: dict[str, Any] = {
        "TransformJobName": name,
        "ModelName": model_name(context),
        "BatchStrategy": _strategy(context, transform),
        "MaxPayloadInMB": transform.max_payload,
        **({} if transform.max_concurrent is None else {"MaxConcurrentTransforms": transform.max_concurrent}),
        "ModelClientConfig": {
            "InvocationsTimeoutInSeconds": transform.timeout,
            "InvocationsMaxRetries": transform.retries,
        },
        **({"Environment": transform.environment} if transform.environment else {}),
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": _input(context, transform)}},
            "ContentType": CONTENT_TYPE if is_recommender else transform.content_type,
            "CompressionType": transform.compression,
            "SplitType": "RecordIO" if is_recommender else transform.split,
        },
        "TransformOutput": {
            "S3OutputPath": context.places("predictions"),
            "Accept": transform.accept or (_JSON_LINES if _wants_json(context) else "text/csv"),
            "AssembleWith": transform.assemble,
            **context.encrypted(),
        },
        "TransformResources": {
            "InstanceType": context.settings.transform_instance_type,
            "InstanceCount": transform.instance_count,
            **context.encrypted("VolumeKmsKeyId"),
        },
        "DataProcessing": {
            "JoinSource": "Input" if transform.join else "None",
            **({"InputFilter": transform.input_filter} if transform.input_filter else {}),
            **({"OutputFilter": transform.output_filter} if transform.output_filter else {}),
        },
        **context.tags,
    }
    keys = {
        "MaxPayloadInMB": "sagemaker.transform.max_payload",
        "MaxConcurrentTransforms": "sagemaker.transform.max_concurrent",
        "ModelClientConfig__InvocationsTimeoutInSeconds": "sagemaker.transform.timeout",
        "ModelClientConfig__InvocationsMaxRetries": "sagemaker.transform.retries",
        "Environment": "sagemaker.transform.environment",
        "TransformInput": "sagemaker.transform.input",
        "TransformOutput__S3OutputPath": "prefix",
        "TransformOutput__KmsKeyId": "kms_key",
        "TransformResources__InstanceType": "transform.instance_type",
        "TransformResources__InstanceCount": "sagemaker.transform.instance_count",
        "TransformResources__VolumeKmsKeyId": "kms_key",
        "DataProcessing__InputFilter": "sagemaker.transform.input_filter",
        "DataProcessing__OutputFilter": "sagemaker.transform.output_filter",
    }
    return Step(NAME, "CreateTransformJob", request, wait_for("CreateTransformJob", name), context.keys(**keys))


def _input(context: Context, transform: TransformJob) -> str:
    if transform.input is not None:
        return transform.input
    if context.config.ratings is not None:
        return context.places.files("requests")
    held = next((column.name for column in context.schema.features if column.struct != "basic"), None)
    if held is not None:
        raise ConfigError(
            f"sagemaker.transform: column {held!r} of the contract is no single value, which a row of CSV cannot hold",
            hint="name rows of JSON lines in sagemaker.transform.input, or say transform: null",
        )
    return context.places.files("requests")


def _strategy(context: Context, transform: TransformJob) -> str:
    many = takes_many_rows(context)
    if transform.strategy == "MultiRecord" and not many:
        raise ConfigError(
            "sagemaker.transform.strategy: AWS's SparkML container answers the first row of a request, no other",
            hint="leave it out, or choose sagemaker.model.layout: fused",
        )
    one = transform.split == "None" or not many
    return transform.strategy or ("SingleRecord" if one else "MultiRecord")


def _wants_json(context: Context) -> bool:
    return context.config.batch.format == "jsonl" or context.config.ratings is not None


def _check_recordio(transform: TransformJob) -> None:
    """Refuses what is said of rows of text: factorization machines read recordIO-protobuf and answer JSON lines."""
    named = {"content_type", "split", "join", "input_filter", "output_filter"} & transform.model_fields_set
    if transform.accept not in (None, _JSON_LINES):
        named.add("accept")
    if named:
        raise ConfigError(
            f"sagemaker.transform: a recommender's rows are recordIO-protobuf, its predictions JSON lines: leave out "
            f"{', '.join(sorted(named))}"
        )
