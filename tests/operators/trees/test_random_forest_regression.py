"""random_forest_regression against Spark's RandomForestRegressionModel."""

from __future__ import annotations

from typing import Any

import pytest
import tree_cases as cases
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from tree_cases import odd_frame, stump, variant
from vector_cases import dense_frame, rows_of, sparse_frame

from pipeline.errors import BundleError
from pipeline.operators.trees.decision_tree_regression import DecisionTreeRegression
from pipeline.operators.trees.random_forest_regression import RandomForestRegression as Operator


@pytest.fixture(scope="module")
def model(spark: Any) -> Any:
    from pyspark.ml.regression import RandomForestRegressor

    forest = RandomForestRegressor(featuresCol="v", labelCol="score", numTrees=9, maxDepth=4, seed=3)
    return forest.fit(cases.training(spark, categories=True))


def test_predictions(engines: Conformance, model: Any) -> None:
    engines.check(model, odd_frame(engines.spark, cases.SEEN))
    engines.check(model, odd_frame(engines.spark, cases.UNSEEN), serializer_differs=cases.OTHER_SIDE)
    engines.check(model, sparse_frame(engines.spark, [{}, {0: 3.0, 2: -0.0}, {1: -1.0, 3: 1.0}], 4))


def test_leaf_numbers(engines: Conformance, model: Any) -> None:
    engines.check(
        variant(model, leafCol="leaf"),
        odd_frame(engines.spark),
        runtime_differs=cases.NO_LEAF,
        serializer_differs="MLeap's serialiser leaves the column out",
    )


def test_no_and_one_row(engines: Conformance, model: Any) -> None:
    engines.check(model, dense_frame(engines.spark, []))
    engines.check(model, dense_frame(engines.spark, [[1.0, 2.0, 3.0, 4.0]]))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of(cases.values_of_a_row, cases.SIZE, 60))
def test_any_rows(engines: Conformance, model: Any, rows: list[list[float]]) -> None:
    seen = [[at % 4.0, *row[1:]] for at, row in enumerate(rows)]
    engines.check(model, dense_frame(engines.spark, seen))


@pytest.mark.parametrize("changed", [{"trees": []}, {"trees": ["a", "a"]}, {"tree_weights": []}, {"num_features": 0.5}])
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    models = {"a": DecisionTreeRegression(stump([1.0], [2.0]), 4)}
    good = {"num_features": 4, "trees": ["a"], "tree_weights": [1.0]}
    assert len(cases.read(Operator, cases.Files(models=models), **good).trees) == 1
    with pytest.raises(BundleError):
        cases.read(Operator, cases.Files(models=models), **{**good, **changed})
