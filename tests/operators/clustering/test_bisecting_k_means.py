"""bisecting_k_means against Spark's BisectingKMeansModel."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cluster_cases import points, spark_and_scorer
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, Folder, RowError
from pipeline.operators.clustering.bisecting_k_means import BisectingKMeans as Operator

TRAINING = (np.random.default_rng(5).normal(size=(40, 3)) + np.repeat(np.eye(4)[:, :3] * 8 + 1, 10, axis=0)).tolist()
ROWS = [*TRAINING[::4], [0.0, -0.0, 0.0], [1e300, 1.0, 1.0]]
SPARSE = [{0: 9.0, 1: 1.5}, {}, {1: 7.0, 2: -0.0}, {2: 9.0}]


def fitted(spark: Any, rows: list[Any] = TRAINING, **settings: Any) -> Any:
    from pyspark.ml.clustering import BisectingKMeans

    return BisectingKMeans(seed=1, maxIter=5, **settings).fit(points(spark, rows, 3))


@pytest.fixture(scope="module")
def model(spark: Any) -> Any:
    return fitted(spark, k=4)


@pytest.fixture(scope="module")
def by_angle(spark: Any) -> Any:
    return fitted(spark, k=3, distanceMeasure="cosine", predictionCol="cluster")


def test_dense_and_sparse_points(engines: Conformance, model: Any) -> None:
    scorer = engines.check(model, points(engines.spark, ROWS, 3))
    assert len(scorer.bundle.nodes[0].operator.indices) == 7
    engines.check(model, points(engines.spark, SPARSE, 3))


def test_cosine(engines: Conformance, by_angle: Any) -> None:
    engines.check(by_angle, points(engines.spark, [row for row in ROWS if any(row)], 3))
    engines.check(by_angle, points(engines.spark, [row for row in SPARSE if row], 3))


def test_one_row_no_rows_one_cluster(engines: Conformance, model: Any) -> None:
    engines.check(model, points(engines.spark, ROWS[:1], 3))
    engines.check(model, points(engines.spark, [], 3))
    alike = fitted(engines.spark, TRAINING[:1] * 4)
    assert len(alike.clusterCenters()) == 1
    engines.check(alike, points(engines.spark, ROWS, 3))


def test_infinity(engines: Conformance, model: Any, by_angle: Any) -> None:
    rows = [[math.inf, 0.0, 0.0], [0.0, -math.inf, math.inf]]
    engines.check(model, points(engines.spark, rows, 3))
    engines.check(by_angle, points(engines.spark, rows, 3))


def test_refused_points(engines: Conformance, model: Any, by_angle: Any) -> None:
    spark = engines.spark
    engines.refuses(model, points(spark, [ROWS[0], [math.nan, 0.0, 0.0]], 3), row=2, column="features")
    engines.refuses(by_angle, points(spark, [ROWS[0], {}], 3), row=2, column="features")
    engines.refuses(model, points(spark, [[1.0, 2.0]], 2), row=1, column="features")


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.lists(st.floats(-20, 20), min_size=3, max_size=3)
        | st.dictionaries(st.integers(0, 2), st.floats(-20, 20), max_size=3),
        min_size=1,
        max_size=60,
    )
)
def test_any_points(engines: Conformance, tmp_path: Path, model: Any, rows: list[Any]) -> None:
    spark_and_scorer(engines, tmp_path).check(model, points(engines.spark, rows, 3))


def test_without_the_jvm_it_is_refused() -> None:
    class OverConnect:
        uid = "bisecting"
        # Spark Connect names an object of the server here.
        _java_obj = object()

    with pytest.raises(UnsupportedStageError, match="JVM"):
        Operator.from_spark(OverConnect(), {})


class Lines(Folder):
    """The tree of a bundle, given as its nodes."""

    def __init__(self, nodes: list[Any]) -> None:
        self._nodes = nodes

    def lines(self, name: str) -> list[Any]:
        assert name == "tree.json"
        return self._nodes


def read(nodes: list[Any], **values: Any) -> Operator:
    return Operator.from_attributes(Attributes(values, "root/model.json", Lines(nodes)))


def node(index: int, values: list[Any], children: int = 0) -> dict[str, Any]:
    return {"index": index, "norm": math.hypot(*values), "values": values, "numChildren": children}


def test_a_tree_comes_back() -> None:
    tree = [
        node(-1, [2.0, 0.0], 3),
        node(0, [0.0, 0.0]),
        node(-2, [4.0, 0.0], 1),
        node(1, [4.5, 0.0]),
        node(2, [9.0, 0]),
    ]
    operator = read(tree)
    assert [json.loads(line) for line in operator.files()["tree.json"].decode().splitlines()] == tree
    column = Sparse(np.array([0, 1, 1, 2]), np.array([0, 0]), np.array([4.0, 8.0]), 2)
    assert operator.apply([column])[0].values.tolist() == [1, 0, 2]


def test_hostile_trees() -> None:
    leaf = node(0, [1.0, 1.0])
    for nodes in (
        [],
        [1],
        [{}],
        [leaf, leaf],
        [{**leaf, "numChildren": 2}, leaf],
        [{**leaf, "numChildren": 1}, {**leaf, "numChildren": 0}, leaf],
        [{**leaf, "numChildren": -1}],
        [{**leaf, "numChildren": 1 << 40}],
        [{**leaf, "numChildren": True}, leaf],
        [{**leaf, "index": "0"}],
        [{**leaf, "index": 1 << 40}],
        [{**leaf, "norm": -1.0}],
        [{**leaf, "norm": None}],
        [{**leaf, "norm": [1.0]}],
        [{**leaf, "values": 1.0}],
        [{**leaf, "values": ["x", "y"]}],
        [{**leaf, "numChildren": 1}, node(0, [1.0])],
    ):
        with pytest.raises(BundleError):
            read(nodes)
    with pytest.raises(BundleError):
        read([leaf], distance_measure="manhattan")
    with pytest.raises(RowError, match="a vector of 3 values"):
        read([leaf]).apply([Dense(np.zeros((1, 3)))])
