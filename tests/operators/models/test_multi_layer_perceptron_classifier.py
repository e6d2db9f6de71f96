"""multi_layer_perceptron_classifier against Spark's MultilayerPerceptronClassificationModel."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import linear_cases as cases
import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from text_cases import from_attributes
from vector_cases import ROWS, SPARSE, dense_frame, rows_of, sparse_frame

from pipeline.errors import BundleError
from pipeline.operators.models.multi_layer_perceptron_classifier import MultiLayerPerceptronClassifier as Operator

INFINITE = "MLeap's runtime predicts from the probabilities, which are NaN where a margin is infinite"
LAYERS = [3, 4, 2, 3]
SMALL = [[one / 2, -0.5, 0.3] for one in range(-6, 7)]


def made(spark: Any, layers: list[int], **params: Any) -> Any:
    from pyspark.ml.classification import MultilayerPerceptronClassificationModel

    count = sum((wide + 1) * narrow for wide, narrow in pairwise(layers))
    weights = np.random.default_rng(5).normal(size=count).round(2)
    model = MultilayerPerceptronClassificationModel
    return cases.handmade(spark, model, cases.dense(*weights.tolist()), layers=layers, **params)


def test_fitted(engines: Conformance) -> None:
    from pyspark.ml.classification import MultilayerPerceptronClassifier

    frame = cases.training(engines.spark, 3)
    model = MultilayerPerceptronClassifier(featuresCol="v", layers=[3, 4, 3], maxIter=3, seed=1).fit(frame)
    engines.check(model, frame.select("v"), rtol=cases.RTOL)


@pytest.mark.parametrize(("layers", "infinite"), [(LAYERS, None), ([3, 2], INFINITE)], ids=str)
def test_odd_features(engines: Conformance, layers: list[int], infinite: str | None) -> None:
    model = made(engines.spark, layers)
    engines.check(model, dense_frame(engines.spark, ROWS), rtol=cases.RTOL, runtime_differs=infinite)
    engines.check(model, sparse_frame(engines.spark, SPARSE), rtol=cases.RTOL)
    engines.check(model, dense_frame(engines.spark, []))
    engines.check(model, dense_frame(engines.spark, SMALL[:1]), rtol=cases.RTOL)
    engines.refuses(model, dense_frame(engines.spark, [[1.0, 2.0]]), row=1, column="v")


@pytest.mark.parametrize(
    "params",
    [
        {"thresholds": [0.5, 0.2, 0.3]},
        {"thresholds": [0.0, 0.5, 0.5]},
        {"rawPredictionCol": ""},
        {"rawPredictionCol": "", "probabilityCol": ""},
    ],
    ids=str,
)
def test_parameters(engines: Conformance, params: dict[str, Any]) -> None:
    engines.check(made(engines.spark, LAYERS, **params), dense_frame(engines.spark, SMALL), rtol=cases.RTOL)


@cases.few_frames
@given(rows=rows_of(cases.values, 3, 60))
def test_any_rows(engines: Conformance, rows: list[list[float]]) -> None:
    engines.check(made(engines.spark, LAYERS), dense_frame(engines.spark, rows), rtol=cases.RTOL)


@pytest.mark.parametrize(
    "changed",
    [
        {"layers": [2]},
        {"layers": [2, 0]},
        {"layers": [2, -1]},
        {"layers": [1 << 60, 1 << 60]},
        {"layers": ["2", "2"]},
        {"weights": np.ones(5)},
        {"weights": np.ones((2, 3))},
        {"thresholds": [1.0]},
    ],
    ids=str,
)
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    good: dict[str, Any] = {"layers": [2, 2], "weights": np.ones(6)}
    assert from_attributes(Operator, **good).num_classes == 2
    with pytest.raises(BundleError):
        from_attributes(Operator, **{**good, **changed})
