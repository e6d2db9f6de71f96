"""reverse_string_indexer against Spark's IndexToString."""

from __future__ import annotations

import math
from typing import Any

import pytest
from conformance import Conformance
from feature_cases import frame_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.columns import Dense
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import RowError
from pipeline.operators.features.reverse_string_indexer import IndexToString as Operator
from pipeline.operators.spark_columns import spark_version

LABELS = ["b", "", "é日", "😀", "b", "null"]
NULL = "MLeap's runtime takes no null"


def test_index_to_string(engines: Conformance) -> None:
    rows = [0.0, 5.0, 1.9, -0.0, -0.5, 3.0, 2.0, 4.0]
    engines.check(reverse(LABELS), frame_of(engines.spark, rows, "double"))


def test_missing_indices(engines: Conformance) -> None:
    missing = [frame_of(engines.spark, [1.0, value], "double") for value in (math.nan, None)]
    if spark_version() >= (4, 1):
        for frame in missing:
            engines.refuses(reverse(LABELS), frame, row=2, column="x")
    else:
        engines.check(reverse(LABELS), missing[0])
        engines.check(reverse(LABELS), missing[1], runtime_differs=NULL)


@pytest.mark.parametrize("kind", ["tinyint", "smallint", "int", "bigint", "float"])
def test_index_to_string_of_other_numbers(engines: Conformance, kind: str) -> None:
    rows: list[Any] = [0.5, 1.0] if kind == "float" else [0, 3, 1]
    engines.check(reverse(LABELS), frame_of(engines.spark, rows, kind))


def test_labels_of_the_column(engines: Conformance) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import IndexToString, StringIndexer

    frame = frame_of(engines.spark, ["b", "é", "b", ""], "string")
    back = IndexToString(inputCol="i", outputCol="s")
    indexer = StringIndexer(inputCol="x", outputCol="i", handleInvalid="keep")
    model = Pipeline(stages=[indexer, back]).fit(frame)
    engines.check(model, frame_of(engines.spark, ["é", "new", "b"], "string"))
    with pytest.raises(UnsupportedStageError, match="parameter labels"):
        Operator.from_spark(back, {})


@pytest.mark.parametrize("value", [6.0, -1.0, math.inf, -math.inf, 1e300])
def test_an_index_without_a_label_is_refused(engines: Conformance, value: float) -> None:
    engines.refuses(reverse(LABELS), frame_of(engines.spark, [1.0, value], "double"), row=2, column="x")


def test_index_to_string_of_one_row_and_of_none(engines: Conformance) -> None:
    for rows in ([1.0], []):
        engines.check(reverse(LABELS), frame_of(engines.spark, rows, "double"))


def test_labels_of_characters_that_json_or_its_parsers_treat_apart(engines: Conformance) -> None:
    labels = ["\uffff", "\ufffe", "\u2028", "\x00", "\ufeff", "\U0010ffff", '"\\', "\x7f"]
    engines.check(reverse(labels), frame_of(engines.spark, [float(index) for index in range(len(labels))], "double"))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(labels=st.lists(st.text(max_size=3), min_size=1, max_size=5), rows=st.lists(st.floats(-0.99, 0.99), min_size=20))
def test_index_to_string_of_any_labels(engines: Conformance, labels: list[str], rows: list[float]) -> None:
    scaled = [abs(row) * len(labels) if abs(row) > 0.5 else row for row in rows]
    engines.check(reverse(labels), frame_of(engines.spark, scaled, "double"))


@pytest.mark.parametrize("values", [{}, {"labels": [1]}, {"labels": ["a"], "input_shape": (3,)}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def test_vectors_are_refused() -> None:
    import numpy as np

    with pytest.raises(RowError, match="vector"):
        Operator(["a"]).apply([Dense(np.zeros((1, 2)))])


def reverse(labels: list[str]) -> Any:
    from pyspark.ml.feature import IndexToString

    return IndexToString(inputCol="x", outputCol="s", labels=labels)
