"""decision_tree_classifier against Spark's DecisionTreeClassificationModel."""

from __future__ import annotations

from typing import Any

import pytest
import tree_cases as cases
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tree_cases import category_split, leaf, odd_frame, split, variant
from vector_cases import dense_frame, rows_of, sparse_frame

from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.trees.decision_tree_classifier import DecisionTreeClassifier as Operator


def fitted(spark: Any, *, categories: bool = False, **params: Any) -> Any:
    from pyspark.ml.classification import DecisionTreeClassifier

    return DecisionTreeClassifier(featuresCol="v", **params).fit(cases.training(spark, categories=categories))


@pytest.fixture(scope="module")
def model(spark: Any) -> Any:
    return fitted(spark, impurity="entropy", weightCol="weight")


@pytest.fixture(scope="module")
def by_categories(spark: Any) -> Any:
    return fitted(spark, categories=True)


def test_splits_of_numbers(engines: Conformance, model: Any) -> None:
    engines.check(model, odd_frame(engines.spark))
    engines.check(model, sparse_frame(engines.spark, [{}, {0: 3.0, 2: -0.0}, {1: -1.0, 3: 1.0}, {1: float("nan")}], 4))


def test_splits_of_categories(engines: Conformance, by_categories: Any) -> None:
    engines.check(by_categories, odd_frame(engines.spark, cases.SEEN))
    engines.check(by_categories, odd_frame(engines.spark, cases.UNSEEN), serializer_differs=cases.OTHER_SIDE)


def test_a_tree_of_one_leaf(engines: Conformance) -> None:
    engines.check(fitted(engines.spark, maxDepth=0), odd_frame(engines.spark))


def test_no_and_one_row(engines: Conformance, model: Any) -> None:
    engines.check(model, dense_frame(engines.spark, []))
    engines.check(model, dense_frame(engines.spark, [[1.0, 2.0, 3.0, 4.0]]))


def test_thresholds(engines: Conformance, model: Any) -> None:
    engines.check(variant(model, thresholds=[0.2, 0.9, 0.4]), odd_frame(engines.spark))
    # For MLeap a threshold of 0 wins even where the probability is 0.
    scorer = engines.check(variant(model, thresholds=[0.5, 0.0, 0.4]), odd_frame(engines.spark))
    assert not scorer.bundle.nodes[0].operator.in_mleap


@pytest.mark.parametrize("left_out", [["rawPredictionCol"], ["probabilityCol"], ["rawPredictionCol", "probabilityCol"]])
def test_columns_left_out(engines: Conformance, model: Any, left_out: list[str]) -> None:
    # Without the other two the leaf alone predicts, and thresholds do not count.
    chosen = variant(model, thresholds=[1.0, 1e-3, 1.0], **dict.fromkeys(left_out, ""))
    differs = "MLeap's serialiser keeps thresholds that do not count" if len(left_out) == 2 else None
    engines.check(chosen, odd_frame(engines.spark), serializer_differs=differs)


def test_leaf_numbers(engines: Conformance, model: Any) -> None:
    differs = "MLeap's serialiser leaves the column out"
    engines.check(
        variant(model, leafCol="leaf"),
        odd_frame(engines.spark),
        runtime_differs=cases.NO_LEAF,
        serializer_differs=differs,
    )


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=rows_of(cases.values_of_a_row, cases.SIZE, 60), thresholds=st.lists(st.floats(0.01, 1), min_size=3, max_size=3)
)
def test_any_rows(engines: Conformance, by_categories: Any, rows: list[list[float]], thresholds: list[float]) -> None:
    # Categories that were never seen are the serialiser's own matter: see above.
    seen = [[min(max(row[0], 0.0), 3.0) // 1 if row[0] == row[0] else 0.0, *row[1:]] for row in rows]
    engines.check(variant(by_categories, thresholds=thresholds), dense_frame(engines.spark, seen))


def test_too_short_a_vector_is_refused_where_a_split_asks_for_more(engines: Conformance, model: Any) -> None:
    engines.refuses(model, dense_frame(engines.spark, [[1.0]]), row=1, column="v")


def test_too_long_a_vector_passes(engines: Conformance, model: Any) -> None:
    frame = dense_frame(engines.spark, [[1.0, 2.0, 3.0, 0.0, 5.0]])
    engines.check(model, frame)


def test_a_wrong_number_of_thresholds(spark: Any, model: Any) -> None:
    with pytest.raises(UnsupportedStageError, match="2 thresholds for 3 classes"):
        Operator.from_spark(variant(model, thresholds=[0.5, 0.5]), {})


HOSTILE = {
    "nothing": [],
    "no leaf": [split()],
    "one leaf": [split(), leaf(1.0, 0.0)],
    "a leaf too many": [leaf(1.0, 0.0), leaf(1.0, 0.0)],
    "no node": [7],
    "no split": [{"type": "internal"}],
    "an unknown split": [{"type": "internal", "split": {"type": "oblique"}}],
    "no values": [{"type": "leaf"}],
    "leaves of two lengths": [split(), leaf(1.0, 0.0), leaf(1.0)],
    "leaves of lists": [leaf([1.0], [0.0])],
    "leaves of text": [leaf("1", "0")],
    "empty leaves": [leaf()],
    "other classes": [leaf(1.0, 0.0, 0.0)],
    "a negative feature": [split(-1), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "a feature too far": [split(4), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "a feature of text": [split("0"), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "a threshold of text": [split(0, "0"), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "a threshold beyond doubles": [split(0, 10**400), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "a category too far": [category_split([4.0]), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "half a category": [category_split([0.5]), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "an infinite category": [category_split([float("inf")]), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "a null category": [category_split([None]), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "categories of a number": [category_split(7), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "sides by number": [category_split([1.0], left=1), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "categories beyond ints": [category_split([1.0], count=1 << 40), leaf(1.0, 0.0), leaf(0.0, 1.0)],
    "a chain without end": [split()] * 1001 + [leaf(1.0, 0.0)] * 1002,
}


@pytest.mark.parametrize("lines", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_trees(lines: list[Any]) -> None:
    with pytest.raises(BundleError):
        cases.read(Operator, cases.Files(lines), num_features=4, num_classes=2)


@pytest.mark.parametrize(
    "changed", [{"num_classes": None}, {"num_classes": 3}, {"num_features": "4"}, {"thresholds": [0.5]}], ids=str
)
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        cases.read(Operator, cases.Files([leaf(1.0, 0.0)]), **{"num_features": 4, "num_classes": 2, **changed})
