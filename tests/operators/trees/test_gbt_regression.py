"""gbt_regression against Spark's GBTRegressionModel; Spark's sum over trees is BLAS's, in the machine's own order."""

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
from pipeline.operators.trees.gbt_regression import GBTRegression as Operator

RTOL = 1e-12


@pytest.fixture(scope="module")
def model(spark: Any) -> Any:
    from pyspark.ml.regression import GBTRegressor

    trees = GBTRegressor(featuresCol="v", labelCol="score", maxIter=4, maxDepth=3, stepSize=0.3, seed=3)
    return trees.fit(cases.training(spark, categories=True))


def test_predictions(engines: Conformance, model: Any) -> None:
    engines.check(model, odd_frame(engines.spark, cases.SEEN), rtol=RTOL)
    engines.check(model, odd_frame(engines.spark, cases.UNSEEN), rtol=RTOL, serializer_differs=cases.OTHER_SIDE)
    engines.check(model, sparse_frame(engines.spark, [{}, {0: 3.0, 2: -0.0}, {1: -1.0, 3: 1.0}], 4), rtol=RTOL)


def test_leaf_numbers(engines: Conformance, model: Any) -> None:
    engines.check(
        variant(model, leafCol="leaf"),
        odd_frame(engines.spark),
        rtol=RTOL,
        runtime_differs=cases.NO_LEAF,
        serializer_differs="MLeap's serialiser leaves the column out",
    )


def test_no_and_one_row(engines: Conformance, model: Any) -> None:
    engines.check(model, dense_frame(engines.spark, []))
    engines.check(model, dense_frame(engines.spark, [[1.0, 2.0, 3.0, 4.0]]), rtol=RTOL)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of(cases.values_of_a_row, cases.SIZE, 60))
def test_any_rows(engines: Conformance, model: Any, rows: list[list[float]]) -> None:
    seen = [[at % 4.0, *row[1:]] for at, row in enumerate(rows)]
    engines.check(model, dense_frame(engines.spark, seen), rtol=RTOL)


@pytest.mark.parametrize("changed", [{"trees": []}, {"tree_weights": []}, {"num_features": True}], ids=str)
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    models = {"a": DecisionTreeRegression(stump([1.0], [2.0]), 4)}
    good = {"num_features": 4, "trees": ["a"], "tree_weights": [1.0]}
    assert cases.read(Operator, cases.Files(models=models), **good).num_features == 4
    with pytest.raises(BundleError):
        cases.read(Operator, cases.Files(models=models), **{**good, **changed})
