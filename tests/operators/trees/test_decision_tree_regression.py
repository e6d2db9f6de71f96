"""decision_tree_regression against Spark's DecisionTreeRegressionModel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tree_cases as cases
from conformance import Conformance, assert_same, table_of
from hypothesis import HealthCheck, given, settings
from tree_cases import leaf, odd_frame, variant
from vector_cases import dense_frame, rows_of, sparse_frame

from pipeline.bundle import write_bundle
from pipeline.errors import BundleError
from pipeline.operators.trees.decision_tree_regression import DecisionTreeRegression as Operator


@pytest.fixture(scope="module")
def model(spark: Any) -> Any:
    from pyspark.ml.regression import DecisionTreeRegressor

    tree = DecisionTreeRegressor(featuresCol="v", labelCol="score", weightCol="weight", minInstancesPerNode=2)
    return tree.fit(cases.training(spark, categories=True))


def test_predictions(engines: Conformance, model: Any) -> None:
    engines.check(model, odd_frame(engines.spark, cases.SEEN))
    engines.check(model, odd_frame(engines.spark, cases.UNSEEN), serializer_differs=cases.OTHER_SIDE)
    engines.check(model, sparse_frame(engines.spark, [{}, {0: 3.0, 2: -0.0}, {1: -1.0, 3: 1.0}], 4))


def test_variances_and_leaf_numbers(engines: Conformance, model: Any) -> None:
    frame = odd_frame(engines.spark)
    reasons = {"runtime_differs": cases.NO_LEAF, "serializer_differs": "MLeap's serialiser leaves the column out"}
    engines.check(variant(model, varianceCol="variance", leafCol="leaf"), frame, **reasons)
    engines.check(variant(model, varianceCol="variance", predictionCol=""), frame, **reasons)


def test_a_leaf_with_a_variance_predicts_the_same_in_mleap(engines: Conformance, model: Any, tmp_path: Path) -> None:
    if engines.runtime is None:
        pytest.skip("MLeap's runtime cannot be had")
    frame = odd_frame(engines.spark)
    bundle = write_bundle(variant(model, varianceCol="variance", leafCol="leaf"), tmp_path / "bundle.zip", frame)
    made = engines.runtime.load(bundle).transform(table_of(frame, lists=True), ["prediction"])
    expected = [row["prediction"] for row in model.transform(frame).collect()]
    assert_same(expected, made["prediction"].to_pylist(), 0.0, "MLeap's runtime")


def test_no_and_one_row(engines: Conformance, model: Any) -> None:
    engines.check(model, dense_frame(engines.spark, []))
    engines.check(model, dense_frame(engines.spark, [[1.0, 2.0, 3.0, 4.0]]))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of(cases.values_of_a_row, cases.SIZE, 60))
def test_any_rows(engines: Conformance, model: Any, rows: list[list[float]]) -> None:
    seen = [[row_index % 4.0, *row[1:]] for row_index, row in enumerate(rows)]
    engines.check(model, dense_frame(engines.spark, seen))


def test_a_bundle_without_variances_has_no_such_port() -> None:
    operator = cases.read(Operator, cases.Files([leaf(1.0)]), num_features=4)
    with pytest.raises(BundleError, match="no output port 'variance'"):
        operator.types_of(operator.input_types(1), ["variance"])


@pytest.mark.parametrize("lines", [None, [], [leaf()], [leaf(None, "x")], [leaf(True)]], ids=str)
def test_hostile_trees(lines: Any) -> None:
    with pytest.raises(BundleError):
        cases.read(Operator, cases.Files(lines), num_features=4)
