"""naive_bayes against Spark's NaiveBayesModel."""

from __future__ import annotations

import math
from typing import Any

import linear_cases as cases
import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from text_cases import from_attributes
from tree_cases import variant
from vector_cases import ODD, dense_frame, rows_of, sparse_frame

from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.models.naive_bayes import MODEL_TYPES
from pipeline.operators.models.naive_bayes import NaiveBayes as Operator

# What each kind of model takes for features.
FEATURES = {
    "multinomial": [0.0, -0.0, 1.0, 3.0, 0.25, 1e-300],
    "complement": [0.0, -0.0, 1.0, 3.0, 0.25, 1e-300],
    "bernoulli": [0.0, -0.0, 1.0],
    "gaussian": [0.0, -0.0, 1.0, -3.0, 0.25, *ODD],
}
UNREAD = {"gaussian": "MLeap's serialiser leaves the variances out"}


@pytest.fixture(scope="module")
def models(spark: Any) -> dict[str, Any]:
    from pyspark.ml.classification import NaiveBayes
    from pyspark.ml.linalg import Vectors

    draw = np.random.default_rng(3)
    rows = [(Vectors.dense(draw.integers(0, 2, 3).tolist()), float(at % 3)) for at in range(30)]
    frame = spark.createDataFrame(rows, ["v", "label"])
    return {kind: NaiveBayes(featuresCol="v", modelType=kind).fit(frame) for kind in MODEL_TYPES}


def rows(kind: str) -> list[list[float]]:
    values = FEATURES[kind]
    return [[one, values[at % 3], 1.0] for at, one in enumerate(values)]


@pytest.mark.parametrize("kind", MODEL_TYPES)
def test_dense_and_sparse_features(engines: Conformance, models: dict[str, Any], kind: str) -> None:
    known: dict[str, Any] = {"rtol": cases.RTOL, "serializer_differs": UNREAD.get(kind)}
    engines.check(models[kind], dense_frame(engines.spark, rows(kind)), **known)
    stored = [{}, {0: 1.0, 2: -0.0}, {1: 1.0}, {0: 0.0, 1: 1.0, 2: 1.0}]
    engines.check(models[kind], sparse_frame(engines.spark, stored), **known)
    engines.check(models[kind], dense_frame(engines.spark, []), **known)
    engines.check(models[kind], dense_frame(engines.spark, [[1.0, 0.0, 1.0]]), **known)


@pytest.mark.parametrize("kind", ["multinomial", "gaussian"])
@pytest.mark.parametrize("thresholds", [[0.3, 0.6, 0.1], [0.0, 0.5, 0.5]], ids=str)
def test_thresholds(engines: Conformance, models: dict[str, Any], kind: str, thresholds: list[float]) -> None:
    frame = dense_frame(engines.spark, [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    model = variant(models[kind], thresholds=thresholds)
    engines.check(model, frame, rtol=cases.RTOL, serializer_differs=UNREAD.get(kind))


@pytest.mark.parametrize("without", [("rawPredictionCol",), ("rawPredictionCol", "probabilityCol")], ids=str)
def test_columns_left_out(engines: Conformance, models: dict[str, Any], without: tuple[str, ...]) -> None:
    frame = dense_frame(engines.spark, [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    engines.check(variant(models["bernoulli"], **dict.fromkeys(without, "")), frame, rtol=cases.RTOL)


@pytest.mark.parametrize(
    ("kind", "value"), [("multinomial", -1.0), ("complement", math.nan), ("bernoulli", 2.0), ("bernoulli", math.nan)]
)
def test_refused_rows(engines: Conformance, models: dict[str, Any], kind: str, value: float) -> None:
    engines.refuses(models[kind], dense_frame(engines.spark, [[0.0, 1.0, 1.0], [0.0, value, 1.0]]), row=2, column="v")
    engines.refuses(models[kind], sparse_frame(engines.spark, [{0: 1.0}, {}, {2: value}]), row=3, column="v")


def test_vectors_of_another_length(engines: Conformance, models: dict[str, Any]) -> None:
    engines.refuses(models["multinomial"], dense_frame(engines.spark, [[1.0, 2.0]]), row=1, column="v")


@cases.few_frames
@given(rows=rows_of(st.floats(0, 9), 3, 60))
def test_any_rows(engines: Conformance, models: dict[str, Any], rows: list[list[float]]) -> None:
    for kind in ("multinomial", "complement", "gaussian"):
        model, frame = variant(models[kind], predictionCol=""), dense_frame(engines.spark, rows)
        engines.check(model, frame, rtol=cases.RTOL, serializer_differs=UNREAD.get(kind))


def test_wide_gaussian_vectors_are_taken_in_parts() -> None:
    theta, size = np.zeros((2, 1 << 14)), 1 << 14
    theta[1, 5] = 3.0
    operator = from_attributes(Operator, pi=np.zeros(2), theta=theta, sigma=np.ones((2, size)), model_type="gaussian")
    # As MLeap writes matrices, the entry is another: column by column.
    assert operator.theta[1, 2] == 0.0
    where = int(np.flatnonzero(operator.theta.sum(axis=0))[0])
    indptr = np.arange(101, dtype=np.int64)
    column = Sparse(indptr, np.full(100, where, dtype=np.int32), np.full(100, 3.0), size)
    dense = Dense(column.dense().values)
    ports = ["raw_prediction", "prediction"]
    found, expected = operator.score([column], ports), operator.score([dense], ports)
    assert (found["raw_prediction"].values == expected["raw_prediction"].values).all()
    assert len(set(found["prediction"].values.tolist())) == 1


GOOD: dict[str, Any] = {"pi": np.zeros(2), "theta": np.ones((2, 3)), "model_type": "multinomial"}


@pytest.mark.parametrize(
    "changed",
    [
        {"pi": np.zeros(3)},
        {"theta": np.ones((2, 0))},
        {"theta": np.ones(6)},
        {"model_type": "poisson"},
        {"model_type": "gaussian"},
        {"model_type": "gaussian", "sigma": np.ones((2, 2))},
        {"num_classes": 3},
        {"num_features": 4},
        {"thresholds": [0.5]},
    ],
    ids=str,
)
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    assert from_attributes(Operator, **GOOD).num_features == 3
    with pytest.raises(BundleError):
        from_attributes(Operator, **{**GOOD, **changed})
