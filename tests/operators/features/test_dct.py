"""dct against Spark's DCT."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes
from vector_cases import dense_frame, rows_of, sparse_frame

from pipeline.columns import Dense
from pipeline.errors import BundleError
from pipeline.operators.features.dct import DCT as Operator

# JTransforms sums in an order of its own.
RTOL = 1e-12
small = st.floats(-10, 10, allow_subnormal=False)


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 16, 30, 127])
def test_dct(engines: Conformance, size: int, inverse: bool) -> None:
    rows = np.random.default_rng(size).normal(size=(3, size)).tolist()
    engines.check(stage(inverse), dense_frame(engines.spark, [*rows, [0.0] * size]), rtol=RTOL)


@pytest.mark.parametrize("inverse", [False, True])
def test_sparse_vectors(engines: Conformance, inverse: bool) -> None:
    engines.check(stage(inverse), sparse_frame(engines.spark, [{0: 1.5, 2: -3.0}, {}, {1: 2.5}]), rtol=RTOL)


def test_no_and_one_row(engines: Conformance) -> None:
    for rows in ([], [[1.0, 2.0, 3.0]]):
        engines.check(stage(False), dense_frame(engines.spark, rows), rtol=RTOL)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of(small, 5), inverse=st.booleans())
def test_any_vectors(engines: Conformance, rows: list[list[float]], inverse: bool) -> None:
    engines.check(stage(inverse), dense_frame(engines.spark, rows), rtol=RTOL)


def test_the_inverse_brings_a_vector_back() -> None:
    rows = np.random.default_rng(1).normal(size=(5, 33))
    back = Operator(True).apply(Operator(False).apply([Dense(rows)]))[0].values
    assert np.allclose(back, rows, rtol=0, atol=1e-14)


@pytest.mark.parametrize("values", [{}, {"inverse": 1}, {"inverse": True, "input_size": "3"}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def stage(inverse: bool) -> Any:
    from pyspark.ml.feature import DCT

    return DCT(inputCol="v", outputCol="o", inverse=inverse)
