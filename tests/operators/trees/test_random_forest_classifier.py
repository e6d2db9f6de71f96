"""random_forest_classifier against Spark's RandomForestClassificationModel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tree_cases as cases
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from tree_cases import odd_frame, stump, variant
from vector_cases import dense_frame, rows_of, sparse_frame

from pipeline.columns import Dense
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.trees.decision_tree_classifier import DecisionTreeClassifier
from pipeline.operators.trees.decision_tree_regression import DecisionTreeRegression
from pipeline.operators.trees.random_forest_classifier import RandomForestClassifier as Operator


@pytest.fixture(scope="module")
def model(spark: Any) -> Any:
    from pyspark.ml.classification import RandomForestClassifier

    forest = RandomForestClassifier(featuresCol="v", numTrees=9, maxDepth=4, seed=3)
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


def test_thresholds_and_columns_left_out(engines: Conformance, model: Any) -> None:
    frame = odd_frame(engines.spark, cases.SEEN)
    some = variant(model, thresholds=[0.2, 0.9, 0.4])
    engines.check(some, frame)
    engines.check(variant(some, rawPredictionCol="", probabilityCol=""), frame)


def tree(*leaves: list[float]) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(stump(*leaves), 4)


def test_a_leaf_without_weights_has_no_vote() -> None:
    operator = Operator([tree([0.0, 0.0], [1.0, 3.0]), tree([2.0, 0.0], [0.0, 0.0])], 4)
    made = operator.score([Dense(np.array([[0.0], [1.0]]))], ["raw_prediction"])
    assert made["raw_prediction"].values.tolist() == [[1.0, 0.0], [0.25, 0.75]]  # type: ignore[union-attr]


def test_a_row_without_votes_is_refused() -> None:
    operator = Operator([tree([1.0, 0.0], [0.0, 0.0])], 4)
    with pytest.raises(RowError) as caught:
        operator.score([Dense(np.array([[0.0], [1.0]]))], ["probability"])
    assert caught.value.row == 1


GOOD = {"num_features": 4, "num_classes": 2, "trees": ["tree0", "tree1"], "tree_weights": [1.0, 1.0]}
MODELS = {
    "tree0": tree([1.0, 0.0], [0.0, 1.0]),
    "tree1": tree([1.0, 0.0], [0.0, 1.0]),
    "three": tree([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    "number": DecisionTreeRegression(stump([1.0], [2.0]), 4),
}


@pytest.mark.parametrize(
    "changed",
    [
        {"trees": []},
        {"trees": ["tree0"]},
        {"trees": ["tree0", "tree0"]},
        {"trees": ["tree0", "tree7"]},
        {"trees": ["tree0", "three"]},
        {"trees": ["tree0", "number"]},
        {"trees": [0, 1]},
        {"tree_weights": ["1", "1"]},
        {"num_classes": 3},
        {"num_features": None},
        {"thresholds": [1.0]},
    ],
    ids=str,
)
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    assert cases.read(Operator, cases.Files(models=MODELS), **GOOD).num_classes == 2
    with pytest.raises(BundleError):
        cases.read(Operator, cases.Files(models=MODELS), **{**GOOD, **changed})
