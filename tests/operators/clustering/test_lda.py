"""lda against Spark's LDAModel.

Shares agree to 1e-9: they are fixed points of exponentials and logarithms, reached by way of BLAS's sums.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from cluster_cases import points, spark_and_scorer
from conformance import Conformance, plain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.bundle.pack import write_files
from pipeline.bundle.writer import nodes_files
from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Node, RowError, Shape
from pipeline.operators.clustering.dirichlet import digamma
from pipeline.operators.clustering.lda import LDA as Operator

RTOL = 1e-9
VOCABULARY = 7
OTHER_START = "MLeap's runtime draws other weights to start from"
DOCUMENTS = [{0: 3.0, 1: 2.0}, {0: 1.0, 2: 4.0}, {3: 2.0, 4: 5.0}, {4: 1.0, 5: 2.0}, {1: 6.0}, {2: 1.0, 3: 1.0, 5: 1.0}]
ROWS = [
    *DOCUMENTS,
    {},
    [0.0] * VOCABULARY,
    [1.0, 0.0, 2.0, 0.0, 0.5, 1000.0, 3.0],
    {0: 0.0, 5: 1.0},
    # No document of the training has this term.
    {6: 2.0},
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
]


def fitted(spark: Any, **settings: Any) -> Any:
    from pyspark.ml.clustering import LDA

    return LDA(k=3, maxIter=4, seed=11, **settings).fit(points(spark, DOCUMENTS, VOCABULARY))


@pytest.fixture(scope="module")
def model(spark: Any) -> Any:
    return fitted(spark)


def test_online_model(engines: Conformance, model: Any) -> None:
    engines.check(model, points(engines.spark, ROWS, VOCABULARY), rtol=RTOL, runtime_differs=OTHER_START)
    engines.check(model, points(engines.spark, ROWS[2:3], VOCABULARY), rtol=RTOL, runtime_differs=OTHER_START)
    engines.check(model, points(engines.spark, [], VOCABULARY))


def test_other_priors_and_names(engines: Conformance) -> None:
    named = fitted(engines.spark, docConcentration=[0.1, 0.5, 2.0], topicConcentration=0.3, topicDistributionCol="t")
    engines.check(named, points(engines.spark, ROWS, VOCABULARY), rtol=RTOL, runtime_differs=OTHER_START)


def test_expectation_maximization(engines: Conformance) -> None:
    distributed = fitted(engines.spark, optimizer="em")
    assert distributed.isDistributed()
    engines.check(distributed, points(engines.spark, ROWS, VOCABULARY), rtol=RTOL, runtime_differs=OTHER_START)
    engines.check(
        distributed.toLocal(), points(engines.spark, ROWS, VOCABULARY), rtol=RTOL, runtime_differs=OTHER_START
    )


def test_mleaps_runtime_comes_near(engines: Conformance, tmp_path: Path) -> None:
    if engines.runtime is None:
        pytest.skip("MLeap's runtime is not at hand")
    # Topics of terms of their own: what inference starts from hardly matters.
    operator = Operator(np.eye(3) * 200 + 0.01, [0.1, 0.2, 0.3], 0.1, [1.0, 1.1, 0.9])
    documents = np.array([[9.0, 0.0, 0.0], [5.0, 0.0, 20.0], [3.0, 4.0, 5.0], [0.0, 0.0, 0.0]])
    path = write_files(
        nodes_files("lda", [Node("lda", operator, Shape({"features": "f"}, {"prediction": "o"}))]), tmp_path / "lda.zip"
    )
    made = engines.runtime.load(path).transform(pa.table({"f": pa.array(documents.tolist())}), ["o"])["o"]
    expected = operator.apply([Dense(documents)])[0]
    assert isinstance(expected, Dense)
    assert np.abs(np.array([plain(row) for row in made.to_pylist()]) - expected.values).max() < 5e-3


def test_nan_and_infinity(engines: Conformance, model: Any, tmp_path: Path) -> None:
    rows = [{0: math.nan, 1: 1.0}, {2: math.inf}, [1.0, math.nan, 0.0, 0.0, 0.0, 0.0, 0.0]]
    spark_and_scorer(engines, tmp_path).check(model, points(engines.spark, rows, VOCABULARY))


def test_shorter_documents(engines: Conformance, model: Any, tmp_path: Path) -> None:
    frame = points(engines.spark, [[1.0, 2.0], [0.0, 0.0]], 2)
    spark_and_scorer(engines, tmp_path).check(model, frame, rtol=RTOL)


def test_terms_beyond_the_vocabulary(engines: Conformance, model: Any) -> None:
    engines.refuses(model, points(engines.spark, [{0: 1.0}, {7: 1.0}], 8), row=2, column="features")


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.dictionaries(st.integers(0, 6), st.integers(0, 50).map(float) | st.floats(0, 30), max_size=7),
        min_size=1,
        max_size=40,
    )
)
def test_any_documents(engines: Conformance, model: Any, tmp_path: Path, rows: list[Any]) -> None:
    spark_and_scorer(engines, tmp_path).check(model, points(engines.spark, rows, VOCABULARY), rtol=RTOL)


def test_digamma(spark: Any) -> None:
    values = [
        1e-300,
        1e-6,
        1e-5,
        1.1e-5,
        0.3,
        1.0,
        1.5,
        47.9999,
        48.0,
        48.5,
        49.0,
        49.1,
        1e3,
        1e100,
        math.inf,
        math.nan,
    ]
    reference = spark.sparkContext._jvm.org.apache.commons.math3.special.Gamma
    expected = [reference.digamma(value) for value in values]
    assert np.allclose(digamma(np.array(values)), expected, rtol=1e-13, atol=1e-15, equal_nan=True)


def test_without_the_jvm_it_is_refused() -> None:
    class OverConnect:
        uid = "lda"
        # Spark Connect names an object of the server here.
        _java_obj = object()

    with pytest.raises(UnsupportedStageError, match="JVM"):
        Operator.from_spark(OverConnect(), {})


def test_wide_documents_stay_sparse() -> None:
    size = 1 << 18
    topics = np.full((size, 2), 1.0)
    topics[-1, 1] = 50.0
    operator = Operator(topics, [0.5, 0.5], 0.5, [1.0, 1.0])
    column = Sparse(np.array([0, 1, 1]), np.array([size - 1], dtype=np.int32), np.array([40.0]), size)
    made = operator.apply([column])[0]
    assert isinstance(made, Dense)
    assert made.values[0, 1] > 0.9
    assert made.values[1].tolist() == [0.0, 0.0]


def test_a_document_alone_scores_as_among_others() -> None:
    rng = np.random.default_rng(3)
    operator = Operator(rng.uniform(0.1, 3, (30, 4)), [0.3] * 4, 0.3, [1.0] * 4)
    rows = rng.poisson(0.4, (400, 30)).astype(float)
    together, alone = operator.apply([Dense(rows)])[0], operator.apply([Dense(rows[123:124])])[0]
    assert isinstance(together, Dense)
    assert isinstance(alone, Dense)
    assert together.values[123].tobytes() == alone.values[0].tobytes()


def test_negative_counts_are_refused() -> None:
    with pytest.raises(RowError, match="below 0") as caught:
        Operator(np.ones((2, 2)), [1.0, 1.0], 1.0, [1.0, 1.0]).apply([Dense(np.array([[1.0, 1.0], [1.0, -1.0]]))])
    assert caught.value.row == 1


def test_a_bundle_of_mleap_needs_no_start() -> None:
    topics = np.array([[3.0, 1.0], [1.0, 2.0], [4.0, 5.0]])
    operator = from_attributes(
        Operator, vocabSize=3, docConcentration=[0.5, 0.5], topicConcentration=0.1, topicMatrix=topics
    )
    # Its matrices stand column by column.
    assert operator.topics.tolist() == [[3.0, 2.0], [1.0, 4.0], [1.0, 5.0]]
    assert operator.attributes()["topicMatrix"]["double"] == topics.ravel().tolist()
    assert np.allclose(operator.apply([Dense(np.array([[1.0, 0.0, 2.0]]))])[0].values.sum(), 1.0)


def test_hostile_attributes() -> None:
    good = {
        "vocabSize": 3,
        "docConcentration": [0.5, 0.5],
        "topicConcentration": 0.1,
        "topicMatrix": np.ones((3, 2)),
        "initialGamma": [1.0, 1.0],
    }
    from_attributes(Operator, **good)
    for wrong in (
        {"vocabSize": 4},
        {"docConcentration": [0.5]},
        {"docConcentration": [0.5, 0.0]},
        {"docConcentration": [0.5, math.nan]},
        {"topicConcentration": "x"},
        {"topicMatrix": np.ones(6)},
        {"topicMatrix": np.ones((0, 2))},
        {"topicMatrix": np.ones((3, 0)), "docConcentration": [], "initialGamma": []},
        {"topicMatrix": np.full((3, 2), math.nan)},
        {"topicMatrix": np.full((3, 2), -1.0)},
        {"initialGamma": [1.0]},
        {"initialGamma": [1.0, -1.0]},
        {"initialGamma": [1.0, math.inf]},
    ):
        with pytest.raises(BundleError):
            from_attributes(Operator, **{**good, **wrong})
