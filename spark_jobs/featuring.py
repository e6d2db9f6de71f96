"""The feature pipeline: the user's own, or one drawn from the contract."""

from __future__ import annotations

import importlib
from typing import Any, List, Set

from pipeline.errors import ConfigError, PipelineError
from pipeline.schema import Schema


def load(reference: str, schema: Schema, column: str) -> Any:
    """The unfitted pipeline of `auto` or `module:function`; raises ConfigError for one that cannot be had."""
    if reference == "auto":
        return auto(schema, column)
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


def auto(schema: Schema, column: str) -> Any:
    """A pipeline from the contract alone; `column` is the vector that it makes.

    Texts become StringIndexer and OneHotEncoder, an unseen one none of the known; numbers that may be null are
    imputed by their median; all is assembled, and what is still missing stays missing for XGBoost.
    """
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import Imputer, OneHotEncoder, StringIndexer, VectorAssembler

    if column in schema:
        raise ConfigError(f"the data has a column {column!r}, and so would the features", hint="set features.column")
    taken = {column, *schema.names}
    stages: List[Any] = []
    assembled: List[str] = []
    for raw in schema.features:
        if raw.type == "string":
            index, vector = _free(f"{raw.name}_index", taken), _free(f"{raw.name}_vector", taken)
            stages.append(StringIndexer(inputCol=raw.name, outputCol=index, handleInvalid="keep"))
            stages.append(OneHotEncoder(inputCol=index, outputCol=vector))
            assembled.append(vector)
        elif raw.is_number and raw.nullable:
            imputed = _free(f"{raw.name}_imputed", taken)
            stages.append(Imputer(inputCol=raw.name, outputCol=imputed, strategy="median"))
            assembled.append(imputed)
        else:
            assembled.append(raw.name)
    if not assembled:
        raise ConfigError("no column is left to make features of", hint="all columns are label or ignored")
    stages.append(VectorAssembler(inputCols=assembled, outputCol=column, handleInvalid="keep"))
    return Pipeline(stages=stages)


def _free(name: str, taken: Set[str]) -> str:
    """The name, with underscores behind it until no column has it."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def fit(pipeline: Any, train: Any, column: str) -> Any:
    """The pipeline fitted on the training split; a Spark error becomes one line."""
    from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
    from pyspark.sql.utils import CapturedException

    try:
        model = pipeline.fit(train)
        transformed = model.transform(train.limit(0))
    except (CapturedException, Py4JJavaError) as error:
        raise PipelineError(f"the feature pipeline does not fit: {cause(error)}") from error
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


def cause(error: Any) -> str:
    """The first line of what is at the bottom of a Spark error."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    while java is not None and java.getCause() is not None:
        java = java.getCause()
    said = (java.getMessage() or java.toString()) if java is not None else str(error)
    return str(said).strip().splitlines()[0]
