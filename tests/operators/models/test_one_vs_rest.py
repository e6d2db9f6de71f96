"""one_vs_rest against Spark's OneVsRestModel."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import tree_cases as cases
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from tree_cases import odd_frame, stump, variant
from vector_cases import dense_frame, rows_of, sparse_frame

from pipeline.errors import BundleError
from pipeline.operators.base import Operator as AnyOperator
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.operators.models.one_vs_rest import OneVsRest as Operator
from pipeline.operators.trees.decision_tree_classifier import DecisionTreeClassifier
from pipeline.operators.trees.random_forest_classifier import RandomForestClassifier


@pytest.fixture(autouse=True, scope="module")
def workers(spark: Any) -> Iterator[None]:
    with cases.workers_like_us(spark):
        yield


def fitted(spark: Any, classifier: Any) -> Any:
    from pyspark.ml.classification import OneVsRest

    with warnings.catch_warnings():
        # PySpark leaves a pool of threads to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        model = OneVsRest(classifier=classifier, featuresCol="v").fit(cases.training(spark, categories=True))
        gc.collect()
    return model


@pytest.fixture(scope="module")
def over_trees(spark: Any) -> Any:
    from pyspark.ml.classification import DecisionTreeClassifier

    return fitted(spark, DecisionTreeClassifier(maxDepth=3))


@pytest.fixture(scope="module")
def over_boosted_trees(spark: Any) -> Any:
    from pyspark.ml.classification import GBTClassifier

    return fitted(spark, GBTClassifier(maxIter=2, maxDepth=2))


def test_over_trees(engines: Conformance, over_trees: Any) -> None:
    scorer = engines.check(over_trees, odd_frame(engines.spark, cases.SEEN))
    # The weights of a leaf say more than their shares, which MLeap's runtime compares.
    assert not scorer.bundle.nodes[0].operator.in_mleap
    engines.check(over_trees, sparse_frame(engines.spark, [{}, {0: 3.0, 2: -0.0}, {1: -1.0, 3: 1.0}], 4))
    engines.check(over_trees, dense_frame(engines.spark, []))


def test_over_boosted_trees(engines: Conformance, over_boosted_trees: Any) -> None:
    # See test_gbt_classifier for the tolerance.
    scorer = engines.check(over_boosted_trees, odd_frame(engines.spark, cases.SEEN), rtol=1e-12)
    assert scorer.bundle.nodes[0].operator.in_mleap


def test_no_column_of_predictions(engines: Conformance, over_trees: Any) -> None:
    engines.check(variant(over_trees, predictionCol=""), odd_frame(engines.spark, cases.SEEN))


@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of(cases.values_of_a_row, cases.SIZE, 60))
def test_any_rows(engines: Conformance, over_trees: Any, rows: list[list[float]]) -> None:
    seen = [[at % 4.0, *row[1:]] for at, row in enumerate(rows)]
    engines.check(over_trees, dense_frame(engines.spark, seen))


def test_where_the_runtime_agrees() -> None:
    tree = DecisionTreeClassifier(stump([1.0, 0.0], [0.0, 1.0]), 4)
    assert not Operator([tree], 4).in_mleap
    assert not Operator([RandomForestClassifier([tree], 4)], 4).in_mleap


BINARY = DecisionTreeClassifier(stump([1.0, 0.0], [0.0, 1.0]), 4)
OTHERS: dict[str, AnyOperator] = {
    "three classes": DecisionTreeClassifier(stump([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]), 4),
    "no classifier": VectorAssembler([1], "error"),
    "itself": Operator([BINARY], 4),
}


@pytest.mark.parametrize("second", [None, *OTHERS])
def test_hostile_models(second: str | None) -> None:
    models: dict[str, AnyOperator] = {"model0": BINARY, **({} if second is None else {"model1": OTHERS[second]})}
    assert len(cases.read(Operator, cases.Files(models=models), num_classes=1, num_features=4).classifiers) == 1
    with pytest.raises(BundleError):
        cases.read(Operator, cases.Files(models=models), num_classes=2, num_features=4)


@pytest.mark.parametrize("classes", [0, -1, 1 << 62, None, "1"])
def test_hostile_numbers_of_classes(classes: Any) -> None:
    with pytest.raises(BundleError):
        cases.read(Operator, cases.Files(models={"model0": BINARY}), num_classes=classes, num_features=4)
