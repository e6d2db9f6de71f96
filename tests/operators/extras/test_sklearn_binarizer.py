"""sklearn_binarizer against MLeap's runtime."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from bundle_cases import compare_with_runtime
from conformance import Conformance
from text_cases import from_attributes

from pipeline.errors import BundleError
from pipeline.operators.extras.sklearn_binarizer import SklearnBinarizer


def test_numbers(engines: Conformance) -> None:
    table = pa.table({"x": [1.0, 0.5, -0.0, math.nan, math.inf, -math.inf]})
    compare_with_runtime(engines, SklearnBinarizer(0.5), table, {"input": "x"})


def test_vectors(engines: Conformance) -> None:
    table = pa.table({"v": pa.array([[1.0, -1.0], [math.nan, 0.5]], pa.list_(pa.float64()))})
    compare_with_runtime(engines, SklearnBinarizer(0.5, scalar=False, size=2), table, {"input": "v"})


def test_hostile_attributes() -> None:
    for shapes in ([], [(2, 2)], ["scalar"], "scalar"):
        with pytest.raises(BundleError):
            from_attributes(SklearnBinarizer, threshold=0.0, input_shapes=shapes)
    assert from_attributes(SklearnBinarizer, threshold=0.0, input_shapes=[(3,)]).size == 3
