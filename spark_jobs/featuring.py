"""The feature pipeline: the user's own, or one drawn from the contract."""

from __future__ import annotations

import importlib
from typing import Any, List

from pipeline.errors import ConfigError, PipelineError
from pipeline.schema import Schema

AUTO_COLUMN = "features"


def load(reference: str, schema: Schema) -> Any:
    """The unfitted pipeline of `auto` or `module:function`; raises ConfigError for one that cannot be had."""
    if reference == "auto":
        return auto(schema)
    module_name, _, name = reference.partition(":")
    try:
        build = getattr(importlib.import_module(module_name), name)
    except ImportError as error:
        raise ConfigError(
            f"features {reference!r}: {error}", hint="the module stands beside the pipeline file"
        ) from error
    except AttributeError:
        raise ConfigError(f"features {reference!r}: module {module_name!r} has no function {name!r}") from None
    pipeline = build(schema)
    if not hasattr(pipeline, "fit"):
        raise ConfigError(f"features {reference!r} returned {type(pipeline).__name__}, not a Spark ML Pipeline")
    return pipeline


def auto(schema: Schema) -> Any:
    """A pipeline from the contract alone.

    Texts become StringIndexer and OneHotEncoder, an unseen one none of the known; numbers that may be null are
    imputed by their median; all is assembled, and what is still missing stays missing for XGBoost.
    """
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import Imputer, OneHotEncoder, StringIndexer, VectorAssembler

    stages: List[Any] = []
    assembled: List[str] = []
    for column in schema.features:
        if column.type == "string":
            index, vector = f"{column.name}_index", f"{column.name}_vector"
            stages.append(StringIndexer(inputCol=column.name, outputCol=index, handleInvalid="keep"))
            stages.append(OneHotEncoder(inputCol=index, outputCol=vector))
            assembled.append(vector)
        elif column.is_number and column.nullable:
            imputed = f"{column.name}_imputed"
            stages.append(Imputer(inputCol=column.name, outputCol=imputed, strategy="median"))
            assembled.append(imputed)
        else:
            assembled.append(column.name)
    if not assembled:
        raise ConfigError("no column is left to make features of", hint="all columns are label or ignored")
    stages.append(VectorAssembler(inputCols=assembled, outputCol=AUTO_COLUMN, handleInvalid="keep"))
    return Pipeline(stages=stages)


def fit(pipeline: Any, train: Any, column: str) -> Any:
    """The pipeline fitted on the training split; a Spark error becomes one line."""
    from pyspark.sql.utils import CapturedException

    try:
        model = pipeline.fit(train)
        transformed = model.transform(train.limit(0))
    except CapturedException as error:
        raise PipelineError(f"the feature pipeline does not fit: {first_line(error)}") from error
    if column not in transformed.columns:
        made = [name for name in transformed.columns if name not in train.columns]
        raise ConfigError(
            f"the feature pipeline makes no column {column!r}; it makes {', '.join(made)}",
            hint="name its vector in features.column",
        )
    return model


def names(transformed: Any, column: str, size: int) -> List[str]:
    """The names of the vector's values, from Spark's ML attributes; f0, f1, ... where there are none."""
    attributes = transformed.schema[column].metadata.get("ml_attr", {}).get("attrs", {})
    found = {entry["idx"]: entry.get("name") for group in attributes.values() for entry in group}
    return [found.get(place) or f"f{place}" for place in range(size)]


def first_line(error: Any) -> str:
    """A Spark error without its stack."""
    return str(error).strip().splitlines()[0]
