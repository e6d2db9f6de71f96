"""string_indexer against Spark's StringIndexerModel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conformance import Conformance, scorer_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.bundle import write_bundle
from pipeline.columns import Dense, Numbers, Text
from pipeline.errors import BundleError, DataError
from pipeline.operators.base import ColumnType, RowError
from pipeline.operators.features.string_indexer import StringIndexer as Operator

TEXTS = ["b", "a", "é日", "😀", "b", None, "", "a", "b"]


@pytest.mark.parametrize("order", ["frequencyDesc", "frequencyAsc", "alphabetDesc", "alphabetAsc"])
@pytest.mark.parametrize("policy", ["error", "keep", "skip"])
def test_string_indexer(engines: Conformance, order: str, policy: str) -> None:
    from pyspark.ml.feature import StringIndexer

    fitted = frame_of(engines.spark, [text for text in TEXTS if text is not None])
    model = StringIndexer(inputCol="s", outputCol="i", stringOrderType=order, handleInvalid=policy).fit(fitted)
    rows = [text for text in TEXTS if text is not None] if policy == "error" else [*TEXTS, "new", "B", None]
    differs = "read without skipping" if policy == "skip" else None
    engines.check(model, frame_of(engines.spark, rows), skipping=policy == "skip", serializer_differs=differs)


@pytest.mark.parametrize("value", [None, "new"])
@pytest.mark.parametrize("policy", ["error", "skip"])
def test_string_indexer_refuses_with_row_and_column(engines: Conformance, value: str | None, policy: str) -> None:
    from pyspark.ml.feature import StringIndexer

    model = StringIndexer(inputCol="s", outputCol="i").fit(frame_of(engines.spark, ["a", "b"]))
    frame = frame_of(engines.spark, ["a", "b", value])
    engines.refuses(model, frame, row=3, column="s")
    scorer = scorer_of(write_bundle(model.setHandleInvalid(policy), engines._path()), frame)
    with pytest.raises(DataError) as caught:
        scorer.transform(pa.table({"s": pa.array(["a", "b", value], pa.string())}), ["i"])
    assert (caught.value.row, caught.value.column, caught.value.value) == (3, "s", value)
    assert "'a', 'b'" in str(caught.value)


@pytest.mark.parametrize("kind", ["double", "float", "int", "bigint", "smallint"])
def test_string_indexer_of_numbers_compares_them_as_java_prints_them(engines: Conformance, kind: str) -> None:
    from pyspark.ml.feature import StringIndexer

    values: list[Any] = [1, 2, -7, 10000]
    new: list[Any] = [None, 3]
    if kind in ("double", "float"):
        values = [1.0, 2.5, 1e7, 1e-4, -0.0, 0.0, 1.0, 123456789.125, 0.1, 1e10, math.inf]
        new = [None, 3.0, math.nan]
    model = StringIndexer(inputCol="s", outputCol="i", handleInvalid="keep").fit(frame_of(engines.spark, values, kind))
    engines.check(model, frame_of(engines.spark, [*values, *new], kind))


def test_a_label_may_have_more_digits_than_it_must() -> None:
    operator = Operator(["1.23456792E8", "2.0E-3", "1.50", "2.0"], "keep")
    floats = Numbers(np.array([123456792, 0.002, 1.5, 2.0], dtype=np.float32))
    assert operator.apply([floats])[0].values.tolist() == [0.0, 1.0, 4.0, 3.0]
    doubles = Numbers(np.array([123456792.0, 123456789.125, 2.0]))
    assert operator.apply([doubles])[0].values.tolist() == [0.0, 4.0, 3.0]


def test_skip_drops_nan_even_where_it_is_a_label(engines: Conformance) -> None:
    from pyspark.ml.feature import StringIndexerModel

    rows = [1.0, math.nan, None, 2.0, 1.0]
    model = StringIndexerModel.from_labels(["NaN", "1.0"], inputCol="s", outputCol="i", handleInvalid="keep")
    engines.check(model, frame_of(engines.spark, rows, "double"))
    engines.check(
        model.setHandleInvalid("skip"),
        frame_of(engines.spark, rows, "double"),
        skipping=True,
        runtime_differs="MLeap's runtime drops no row",
        serializer_differs="read without skipping",
    )


@pytest.mark.parametrize("policy", ["keep", "skip"])
def test_string_indexer_of_several_columns_is_several_nodes(engines: Conformance, policy: str) -> None:
    from pyspark.ml.feature import StringIndexer

    frame = engines.spark.createDataFrame([("a", 1), ("b", 2), ("a", 2)], "s string, t int")
    model = StringIndexer(inputCols=["s", "t"], outputCols=["i", "j"], handleInvalid=policy).fit(frame)
    rows = [("a", 1), ("new", 2), ("b", None), (None, 3), ("b", 2)]
    scored = engines.spark.createDataFrame(rows, "s string, t int")
    engines.without_serializer("cannot write several columns").check(model, scored, skipping=policy == "skip")


def test_string_indexer_of_one_row_and_of_none(engines: Conformance) -> None:
    from pyspark.ml.feature import StringIndexerModel

    for policy in ("error", "keep", "skip"):
        model = StringIndexerModel.from_labels(["a"], inputCol="s", outputCol="i", handleInvalid=policy)
        engines.check(model, frame_of(engines.spark, ["a"]), skipping=policy == "skip")
        engines.check(model, frame_of(engines.spark, []), skipping=policy == "skip")


words = st.none() | st.text(st.sampled_from(["a", "B", "é", "日", "😀", " ", "\x00"]), max_size=2)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    labels=st.lists(words.filter(lambda word: word is not None), min_size=1, max_size=8, unique=True),
    rows=st.lists(words, min_size=10, max_size=40),
)
def test_string_indexer_of_any_text(engines: Conformance, labels: list[str], rows: list[Any]) -> None:
    from pyspark.ml.feature import StringIndexerModel

    model = StringIndexerModel.from_labels(labels, inputCol="s", outputCol="i", handleInvalid="keep")
    engines.check(model, frame_of(engines.spark, rows))


def test_several_columns_in_one_node_of_mleaps() -> None:
    operator = from_attributes(
        Operator, labels_length=2, labels_array_0=["a"], labels_array_1=["x", "y"], handle_invalid="skip"
    )
    columns = [Text(np.array([0, 1, 0]), ["a", "b"]), Text(np.array([1, 1, -1]), ["x", "y"])]
    assert operator.skipped_rows(columns).tolist() == [False, True, True]
    with pytest.raises(RowError) as caught:
        operator.apply(columns[::-1])
    assert (caught.value.row, caught.value.place) == (0, 0)
    assert [kind.attributes["vals"] for kind in operator.output_types([ColumnType("text")] * 2)] == [
        ("a",),
        ("x", "y"),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"labels": [1]},
        {"labels": ["a"], "handle_invalid": "drop"},
        {"labels_length": 1 << 40},
        {"labels_length": 1},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def test_vectors_are_refused() -> None:
    with pytest.raises(BundleError, match="not vectors"):
        Operator(["a"], "keep").output_types([ColumnType("vector", 2)])
    with pytest.raises(TypeError):
        Operator(["a"], "keep").apply([Dense(np.zeros((1, 2)))])


def frame_of(spark: Any, values: list[Any], kind: str = "string") -> Any:
    return spark.createDataFrame([(value,) for value in values], f"s {kind}").cache()
