"""interaction against Spark's Interaction."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from feature_cases import frame_of, values, vector, vectors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.columns import Dense, Numbers, Sparse
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import ColumnType, RowError
from pipeline.operators.features.interaction import Interaction as Operator

NUMERIC = {"attrs": {"numeric": [{"idx": 0}, {"idx": 1}, {"idx": 2}]}, "num_attrs": 3}
NOMINAL = {
    "attrs": {"nominal": [{"idx": 1, "vals": ["a", "b", "c"]}, {"idx": 2, "num_vals": 2}], "numeric": [{"idx": 0}]},
    "num_attrs": 3,
}
ROWS = [
    (1.5, 2, [1.0, -0.0, math.nan]),
    (2.0, 3, {1: 2.0}),
    (0.0, 1, [math.inf, 0.0, 1.0]),
    (math.inf, 3, [1.0, -1.0, 0.1]),
    (2.0, 7, {0: -1.0, 2: 0.1}),
]
SPARSE = "MLeap's runtime is given dense vectors, all of whose values count"


def test_interaction_of_numbers_and_vectors(engines: Conformance) -> None:
    engines.check(interaction("d", "i", "v"), mixed(engines.spark, ROWS, NUMERIC))
    engines.check(interaction("v", "d"), mixed(engines.spark, ROWS, NUMERIC))
    engines.check(interaction("d"), mixed(engines.spark, ROWS, NUMERIC))


def test_what_a_sparse_vector_does_not_store_does_not_count(engines: Conformance) -> None:
    rows = [(math.inf, 0, {}), (-0.0, -3, {1: 2.0}), (math.nan, 1, {0: 1.0})]
    engines.check(interaction("d", "i", "v"), mixed(engines.spark, rows, NUMERIC), runtime_differs=SPARSE)
    nominal = mixed(engines.spark, [(2.0, 1, {1: 1.0, 0: 3.0})], NOMINAL)
    engines.check(interaction("v", "d"), nominal, runtime_differs=SPARSE)


def test_negative_zeros_stay_in_dense_vectors_alone(engines: Conformance) -> None:
    rows = [(1.0, 1, [-0.0, 0.0, 0.0]), (1.0, 1, [-0.0, 1.0, 2.0])]
    differs = "MLeap's runtime keeps the negative zeros that Spark's sparse vectors leave out"
    engines.check(interaction("d", "v"), mixed(engines.spark, rows, NUMERIC), runtime_differs=differs)
    engines.check(interaction("v", "d"), mixed(engines.spark, rows[:1], NOMINAL), runtime_differs=differs)


def test_categories_of_a_vector_stand_for_one_hot_vectors(engines: Conformance) -> None:
    rows = [(1.5, 2, [0.1, 2.0, 1.0]), (2.0, 1, {0: 3.0, 1: 1.0, 2: 1.0}), (1.0, 1, [0.0, 0.0, 0.0])]
    engines.check(interaction("v", "d"), mixed(engines.spark, rows, NOMINAL))
    engines.check(interaction("i", "v"), mixed(engines.spark, rows, NOMINAL))


@pytest.mark.parametrize("extra", [["d"], ["d", "w"]])
def test_categories_of_assembled_rows_some_of_which_are_sparse(engines: Conformance, extra: list[str]) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import OneHotEncoder, StringIndexer, VectorAssembler

    rows = [("a", 2.0), ("a", 0.0), ("b", 0.0), ("c", -0.0), ("a", -0.5)]
    frame = frame_of(engines.spark, rows, "s string, d double")
    stages = [
        StringIndexer(inputCol="s", outputCol="i"),
        OneHotEncoder(inputCol="i", outputCol="w"),
        VectorAssembler(inputCols=["i", *extra], outputCol="v"),
        interaction("d", "v"),
    ]
    differs = "MLeap's runtime takes an entry's number for its index in a sparse vector"
    engines.without_serializer().check(Pipeline(stages=stages).fit(frame), frame, runtime_differs=differs)


def test_interaction_of_indexed_and_encoded_texts(engines: Conformance) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import OneHotEncoder, StringIndexer

    frame = frame_of(
        engines.spark, [("a", "x", 2.0), ("b", "y", -0.5), ("a", "z", 3.0)], "s string, t string, d double"
    )
    stages = [
        StringIndexer(inputCols=["s", "t"], outputCols=["i", "j"]),
        OneHotEncoder(inputCols=["j"], outputCols=["w"]),
        interaction("i", "w", "d"),
    ]
    differs = "MLeap's runtime takes an entry's number for its index in a sparse vector"
    engines.without_serializer().check(Pipeline(stages=stages).fit(frame), frame, runtime_differs=differs)


@pytest.mark.parametrize("row", [(None, 1, {}), (1.0, None, {}), (1.0, 1, [0.0, 3.0, 0.0]), (1.0, 1, [0.0, 0.5, 0.0])])
def test_what_is_missing_or_no_category_is_refused(engines: Conformance, row: Any) -> None:
    frame = mixed(engines.spark, [(1.0, 1, [0.0, 1.0, 1.0]), row], NOMINAL)
    column = "d" if row[0] is None else "i" if row[1] is None else "v"
    engines.refuses(interaction("d", "i", "v"), frame, row=2, column=column)


def test_interaction_of_one_row_and_of_none(engines: Conformance) -> None:
    for rows in (ROWS[:1], []):
        engines.check(interaction("d", "v"), mixed(engines.spark, rows, NUMERIC))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(values, st.integers(-3, 3), vectors(3)), min_size=10, max_size=40))
def test_interaction_of_any_rows(engines: Conformance, rows: list[Any]) -> None:
    # The runtime is given dense vectors, all of whose values count.
    replace(engines, runtime=None).check(interaction("v", "i", "d"), mixed(engines.spark, rows, NUMERIC))


def test_columns_without_attributes_are_refused(spark: Any) -> None:
    with pytest.raises(UnsupportedStageError, match="not all known"):
        Operator.from_spark(interaction("d", "v"), {"v": ColumnType("vector", 3)})
    with pytest.raises(UnsupportedStageError, match="ML attributes"):
        Operator.from_spark(interaction("v"), {"v": ColumnType("vector", 3)})
    with pytest.raises(UnsupportedStageError, match="number of values"):
        Operator.from_spark(interaction("d"), {"d": ColumnType("number", attributes={"type": "nominal"})})
    wide = ColumnType("number", attributes={"type": "nominal", "num_vals": 1 << 16})
    with pytest.raises(UnsupportedStageError, match="combinations"):
        Operator.from_spark(interaction("d", "i"), {"d": wide, "i": wide})


def test_vectors_of_another_length_are_refused() -> None:
    with pytest.raises(RowError, match="2 values"):
        Operator([[1, 1, 1]], [False]).apply([Dense(np.zeros((1, 2)))])


def test_a_vector_without_values_makes_one() -> None:
    read = from_attributes(Operator, num_inputs=2, input_shapes=[(0,), ()], num_features0=[], num_features1=[1])
    made = read.apply([Dense(np.zeros((3, 0))), Numbers(np.ones(3))])[0]
    assert (len(made), made.size) == (3, 0)


def test_many_wide_rows_stay_sparse() -> None:
    rows, size = 100_000, 1 << 12
    column = Sparse(np.arange(rows + 1), np.full(rows, 9, dtype=np.int32), np.full(rows, 2.0), size)
    made = Operator([[1] * size, [1] * size], [False, False]).apply([column, column])[0]
    assert isinstance(made, Sparse)
    assert (made.size, set(made.indices.tolist()), set(made.values.tolist())) == (size * size, {9 * size + 9}, {4.0})
    assert Operator([[1]], [True]).apply([Numbers(np.ones(1))])[0].size == 1


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"num_inputs": 2, "input_shapes": [()], "num_features0": [1]},
        {"num_inputs": 1, "input_shapes": [(2,)], "num_features0": [1]},
        {"num_inputs": 1, "input_shapes": [()], "num_features0": [0]},
        {"num_inputs": 2, "input_shapes": [(), ()], "num_features0": [1 << 20], "num_features1": [1 << 20]},
        {"num_inputs": 1 << 40, "input_shapes": []},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def mixed(spark: Any, rows: list[Any], attributes: dict[str, Any]) -> Any:
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql.types import DoubleType, IntegerType, StructField, StructType

    fields = [StructField("d", DoubleType()), StructField("i", IntegerType())]
    fields.append(StructField("v", VectorUDT(), True, {"ml_attr": attributes}))
    return spark.createDataFrame([(*row[:2], vector(row[2], 3)) for row in rows], StructType(fields)).cache()


def interaction(*columns: str) -> Any:
    from pyspark.ml.feature import Interaction

    return Interaction(inputCols=list(columns), outputCol="f")
