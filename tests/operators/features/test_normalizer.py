"""normalizer against Spark's Normalizer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes
from vector_cases import ROWS, SPARSE, dense_frame, doubles, rows_of, sparse_frame

from pipeline.columns import Sparse
from pipeline.errors import BundleError
from pipeline.operators.features.normalizer import Normalizer as Operator

EXACT = [1.0, 2.0, math.inf]
ZEROS = [[0.0, -0.0, 0.0], [-1e-300, 1e-300, 1e-300]]


@pytest.mark.parametrize("p", EXACT)
def test_normalizer(engines: Conformance, p: float) -> None:
    differs = written(p)
    engines.check(stage(p), dense_frame(engines.spark, ROWS + ZEROS), serializer_differs=differs)
    rows = [{0: 3.0, 2: -4.0}, {}, {1: -0.0}, {0: -0.1, 1: 7.3, 2: 1e300}]
    engines.check(stage(p), sparse_frame(engines.spark, rows), serializer_differs=differs)


@pytest.mark.parametrize("p", EXACT)
def test_what_a_sparse_vector_leaves_out_is_never_nan(engines: Conformance, p: float) -> None:
    # Over a norm of NaN a dense 0.0 is NaN, and MLeap's runtime is given dense vectors here.
    differs = None if p == math.inf else "the vectors are dense"
    frame = sparse_frame(engines.spark, SPARSE)
    engines.check(stage(p), frame, runtime_differs=differs, serializer_differs=written(p))


@pytest.mark.parametrize("p", [1.5, 3.0, 17.0])
def test_other_norms(engines: Conformance, p: float) -> None:
    # Java's pow and the C library's may differ in the last digit.
    frame = dense_frame(engines.spark, [[0.1, -2.0, 3.5], [0.0, 0.0, 0.0], [math.nan, 1.0, 0.0], [7.0, 0.3, 1e-5]])
    engines.check(stage(p), frame, rtol=1e-12)
    engines.check(stage(p), sparse_frame(engines.spark, [{0: 3.0, 2: -4.0}, {}, {1: 0.3}]), rtol=1e-12)


def test_a_sum_of_many_values_is_taken_in_order(engines: Conformance) -> None:
    values = np.random.default_rng(3).normal(size=(3, 700)) * 1e3
    for p in (1.0, 2.0):
        engines.check(stage(p), dense_frame(engines.spark, values.tolist()))
        rows = [dict(enumerate(row)) for row in values.tolist()]
        engines.check(stage(p), sparse_frame(engines.spark, rows, 1000))


def test_no_and_one_row(engines: Conformance) -> None:
    engines.check(stage(2.0), dense_frame(engines.spark, []))
    engines.check(stage(2.0), dense_frame(engines.spark, [[1.0, 2.0, 3.0]]))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of(doubles, 4), p=st.sampled_from(EXACT))
def test_any_vectors(engines: Conformance, rows: list[list[float]], p: float) -> None:
    engines.check(stage(p), dense_frame(engines.spark, rows), serializer_differs=written(p))


def test_wide_vectors_stay_sparse() -> None:
    size = 1 << 18
    column = Sparse(np.array([0, 0, 2]), np.array([3, size - 1], dtype=np.int32), np.array([3.0, 4.0]), size)
    made = Operator(2.0).apply([column])[0]
    assert isinstance(made, Sparse)
    assert made.values.tolist() == [0.6, 0.8]


@pytest.mark.parametrize("p", [None, 0.5, math.nan, "2", -math.inf])
def test_hostile_norms(p: Any) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, p_norm=p)


def written(p: float) -> str | None:
    """How the bundle of MLeap's serialiser differs."""
    return "an infinity is null in its JSON" if p == math.inf else None


def stage(p: float) -> Any:
    from pyspark.ml.feature import Normalizer

    return Normalizer(inputCol="v", outputCol="o", p=p)
