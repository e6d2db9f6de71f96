"""sklearn_polynomial_expansion against MLeap's runtime."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from bundle_cases import compare_with_runtime
from conformance import Conformance
from text_cases import from_attributes

from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.extras.sklearn_polynomial_expansion import SklearnPolynomialExpansion

SQUARES = "[x0,x1,x2,x0^2,x0 x1,x0 x2,x1^2,x1 x2,x2^2]"
ROWS = [[0.1, -3.0, 2.5], [math.nan, 0.0, 1.0], [math.inf, -0.0, -1.0], [0.3, 7.0, -0.7]]


@pytest.mark.parametrize("combinations", [SQUARES, "[1,x0^3 x2,x1]", "x2"])
def test_products(engines: Conformance, combinations: str) -> None:
    table = pa.table({"v": pa.array(ROWS, pa.list_(pa.float64()))})
    # Java's pow and the C library's may differ in the last digit.
    compare_with_runtime(engines, SklearnPolynomialExpansion(combinations), table, {"input": "v"}, rtol=1e-12)


def test_sparse_vectors_and_no_rows() -> None:
    operator = SklearnPolynomialExpansion("[x0,x2^2]")
    column = Sparse(np.array([0, 1, 1]), np.array([2], dtype=np.int32), np.array([3.0]), 3)
    assert operator.apply([column])[0].values.tolist() == [[0.0, 9.0], [0.0, 0.0]]
    assert operator.apply([Dense(np.zeros((0, 0)))])[0].values.shape == (0, 2)


def test_a_shorter_vector_is_refused() -> None:
    with pytest.raises(RowError, match="a vector of 2 values"):
        SklearnPolynomialExpansion(SQUARES).apply([Dense(np.zeros((1, 2)))])


@pytest.mark.parametrize("combinations", [None, 3, "x9999999999", "x0^9999999999", "x" + "9" * 5000])
def test_hostile_attributes(combinations: Any) -> None:
    with pytest.raises(BundleError):
        from_attributes(SklearnPolynomialExpansion, combinations=combinations)
