"""vector_assembler against Spark's VectorAssembler."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from conformance import Conformance
from feature_cases import values as numbers
from feature_cases import vector, vectors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.bundle import write_bundle
from pipeline.columns import Sparse
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.features.vector_assembler import VectorAssembler as Operator
from pipeline.scoring.arrow import from_arrow

NULLS = "MLeap's runtime takes no null"
NANS = "MLeap's runtime lets NaN pass"


def test_vector_assembler_mixes_numbers_booleans_and_vectors(engines: Conformance) -> None:
    rows = [
        (1.5, 2, True, [1.0, -0.0, 3.0]),
        (-0.0, 0, False, {1: 4.0}),
        (math.inf, -7, True, [0.0, 0.0, -math.inf]),
        (0.1, 1, False, {0: math.nan, 1: -0.0}),
    ]
    engines.check(assembler("error"), mixed(engines.spark, rows))


@pytest.mark.parametrize("policy", ["error", "skip", "keep"])
def test_nan_in_a_vector_passes(engines: Conformance, policy: str) -> None:
    rows = [(1.0, 1, True, [math.nan, 1.0, 2.0]), (2.0, 0, False, {2: math.nan})]
    engines.check(assembler(policy), mixed(engines.spark, rows), skipping=policy == "skip")


@pytest.mark.parametrize("row", [(None, 1, True), (1.0, None, True), (1.0, 1, None), (math.nan, 1, True)])
def test_what_is_missing_is_refused_kept_or_skipped(engines: Conformance, row: Any) -> None:
    frame = mixed(engines.spark, [(1.0, 2, True, [1.0, 2.0, 3.0]), (*row, {0: 1.0}), (2.0, 3, False, [0.0, 0.0, 1.0])])
    column = "dib"[next(place for place, value in enumerate(row) if value is None or math.isnan(value))]
    engines.refuses(assembler("error"), frame, row=2, column=column)
    runtime = NULLS if None in row else None
    engines.check(assembler("keep"), frame, runtime_differs=runtime, serializer_differs=None)
    engines.check(
        assembler("skip"), frame, skipping=True, runtime_differs=NULLS if None in row else NANS, serializer_differs=None
    )


@pytest.mark.parametrize("kind", ["tinyint", "smallint", "int", "bigint", "float", "boolean"])
def test_vector_assembler_of_other_numbers(engines: Conformance, kind: str) -> None:
    values: list[Any] = {"float": [0.1, -0.0, math.inf], "boolean": [True, False]}.get(kind, [1, 0, -7])
    if kind == "bigint":
        values = [(1 << 53) + 1, -(1 << 62), 0]
    frame = engines.spark.createDataFrame([(value, 1.0) for value in values], f"a {kind}, b double")
    engines.check(numbers_of("a", "b"), frame)


def test_vector_assembler_of_one_row_and_of_none(engines: Conformance) -> None:
    for rows in ([(1.0, 1, True, [1.0, 2.0, 3.0])], []):
        engines.check(assembler("error"), mixed(engines.spark, rows))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.none() | numbers, st.integers(-9, 9), st.booleans(), vectors(3)), min_size=10, max_size=40
    )
)
def test_vector_assembler_of_any_rows(engines: Conformance, rows: list[Any]) -> None:
    rows = [*rows, (None, 1, True, [1.0, 1.0, 1.0])]
    engines.check(assembler("keep"), mixed(engines.spark, rows), runtime_differs=NULLS)
    engines.check(assembler("skip"), mixed(engines.spark, rows), runtime_differs=NULLS, skipping=True)


def test_a_wide_vector_stays_sparse(engines: Conformance) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import OneHotEncoder, VectorAssembler

    rows = [(0.0, 1.5), (4999.0, 0.0), (17.0, -2.0)]
    frame = engines.spark.createDataFrame(rows, "a double, b double")
    stages = [
        OneHotEncoder(inputCol="a", outputCol="v", dropLast=False),
        VectorAssembler(inputCols=["b", "v"], outputCol="f"),
    ]
    scorer = engines.check(Pipeline(stages=stages).fit(frame), frame)
    table = pa.table({"a": [row[0] for row in rows], "b": [row[1] for row in rows]})
    made = from_arrow(scorer.transform(table, ["f"])["f"], "f")
    assert isinstance(made, Sparse)
    assert (made.size, len(made.values)) == (5001, 5)


def test_a_wide_row_refuses_and_skips_as_a_narrow_one(engines: Conformance) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import OneHotEncoder, VectorAssembler

    spark = engines.spark
    frame = spark.createDataFrame([(0.0, 1.5), (4999.0, None), (17.0, math.nan), (3.0, 1.0)], "a double, b double")
    encoder = OneHotEncoder(inputCol="a", outputCol="v").fit(frame)
    for policy in ("error", "skip"):
        model = Pipeline(
            stages=[encoder, VectorAssembler(inputCols=["b", "v"], outputCol="f", handleInvalid=policy)]
        ).fit(frame)
        if policy == "error":
            engines.refuses(model, frame, row=2, column="b")
        else:
            engines.check(model, frame, skipping=True, runtime_differs=NULLS)


def test_a_vector_of_unknown_length_is_refused(spark: Any) -> None:
    frame = spark.createDataFrame([(vector([1.0], 1),)], ["v"]).limit(0)
    with pytest.raises(UnsupportedStageError, match="length of vector column 'v'"):
        write_bundle(numbers_of("v"), "unwritten.zip", frame)


@pytest.mark.parametrize(
    "values",
    [{"input_shapes": [(1 << 40,)]}, {"input_shapes": [(1, 1)]}, {"input_shapes": [], "handle_invalid": "x"}],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def mixed(spark: Any, rows: list[Any]) -> Any:
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql.types import BooleanType, DoubleType, IntegerType, StructField, StructType

    kinds = [("d", DoubleType()), ("i", IntegerType()), ("b", BooleanType())]
    fields = [StructField(name, kind) for name, kind in kinds]
    fields.append(StructField("v", VectorUDT(), True, {"ml_attr": {"num_attrs": 3}}))
    return spark.createDataFrame([(*row[:3], vector(row[3], 3)) for row in rows], StructType(fields)).cache()


def assembler(policy: str) -> Any:
    from pyspark.ml.feature import VectorAssembler

    return VectorAssembler(inputCols=["d", "i", "b", "v"], outputCol="f", handleInvalid=policy)


def numbers_of(*columns: str) -> Any:
    from pyspark.ml.feature import VectorAssembler

    return VectorAssembler(inputCols=list(columns), outputCol="f")
