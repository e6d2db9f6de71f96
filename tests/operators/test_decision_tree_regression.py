"""decision_tree_regression against Spark's DecisionTreeRegressionModel."""

from __future__ import annotations

from typing import Any

import pytest
import tree_cases as cases
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from tree_cases import leaf, odd_frame, variant
from vector_cases import dense_frame, rows_of, sparse_frame

from pipeline.errors import BundleError
from pipeline.operators.decision_tree_regression import DecisionTreeRegression as Operator


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


def test_a_leaf_with_a_variance_predicts_the_same_in_mleap(engines: Conformance, model: Any) -> None:
    scorer = engines.check(
        variant(model, varianceCol="variance"),
        odd_frame(engines.spark),
        runtime_differs=cases.NO_LEAF,
        serializer_differs="MLeap's serialiser leaves the column out",
    )
    assert scorer.bundle.nodes[0].operator.tree.leaves.shape[1] == 2


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
