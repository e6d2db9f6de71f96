"""What the Spark job and the training job are told, the same on this machine as in a request to SageMaker."""

from __future__ import annotations

from pipeline.config.model import PipelineConfig
from pipeline.config.ratings import Ratings
from pipeline.config.section import text
from pipeline.factorization.table import CLASSIFIER

_TRAINING_FORMATS = {"text/csv": "csv", "text/libsvm": "libsvm", "application/x-parquet": "parquet"}


def job_arguments(config: PipelineConfig, *, source: str, schema: str, output: str) -> list[str]:
    """The arguments of the Spark job, see job_script: places are paths or URIs, where the job runs."""
    data, split = config.data, config.data.split
    arguments = ["--input", source, "--schema", schema, "--output", output]
    arguments += ["--format", data.format, "--delimiter", data.csv.delimiter, "--quoted-rows", data.csv.quoted_rows]
    arguments += ["--header"] if data.csv.header else []
    if config.ratings is not None:
        return [*arguments, *_rating_arguments(config, config.ratings)]
    arguments += ["--label", data.label] if data.label else []
    arguments += ["--features", config.features.pipeline, "--features-column", config.features.column]
    arguments += ["--split", f"{split.train!r},{split.validation!r},{split.test!r}", "--seed", str(split.seed)]
    arguments += ["--training-format", _TRAINING_FORMATS[config.training.content_type]]
    arguments += ["--shards", str(config.training.shards), "--serializer", config.features.serializer]
    arguments += ["--verify-rows", str(config.verification.rows)]
    return [*arguments, "--requests"] if transforms_test_split(config) else arguments


def job_script(config: PipelineConfig) -> str:
    """The Spark job's file in `spark_jobs`."""
    return "preprocess.py" if config.ratings is None else "ratings.py"


def _rating_arguments(config: PipelineConfig, ratings: Ratings) -> list[str]:
    split, given = config.data.split, hyperparameters(config)
    arguments = ["--customer", ratings.customer, "--item", ratings.item, "--rating", ratings.rating]
    arguments += ["--min-customer-ratings", str(ratings.min_customer_ratings)]
    arguments += ["--min-item-ratings", str(ratings.min_item_ratings), "--duplicates", ratings.duplicates]
    arguments += ["--feature-dim", given["feature_dim"]] if "feature_dim" in given else []
    arguments += ["--positive", repr(ratings.positive)] if given.get("predictor_type") == CLASSIFIER else []
    arguments += ["--split", f"{split.train!r},{split.validation!r},{split.test!r}", "--seed", str(split.seed)]
    return [*arguments, "--shards", str(config.training.shards)]


def transforms_test_split(config: PipelineConfig) -> bool:
    """Whether a transform job reads the test split's rows."""
    transform = config.sagemaker.transform
    return transform is not None and transform.input is None


def hyperparameters(config: PipelineConfig) -> dict[str, str]:
    """The file's hyperparameters as SageMaker takes them: all text."""
    return {name: text(value) for name, value in config.training.hyperparameters.items()}
