"""math_unary against MLeap's runtime."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from bundle_cases import compare_with_runtime
from conformance import Conformance
from text_cases import from_attributes
from vector_cases import ODD

from pipeline.columns import Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.extras.math_unary import OPERATIONS, MathUnary

UNIT = [0.0, -0.0, 0.25, 1.0, 1e-300, math.nan]


def test_every_operation(engines: Conformance) -> None:
    for operation in OPERATIONS:
        table = pa.table({"x": UNIT if operation == "logit" else [*ODD, *UNIT, 7.5, -123.25]})
        # Java's functions and the C library's may differ in the last digit.
        rtol = 0.0 if operation in ("sqrt", "abs") else 1e-12
        compare_with_runtime(engines, MathUnary(operation), table, {"input": "x"}, rtol)


def test_a_null_is_refused() -> None:
    with pytest.raises(RowError, match="missing") as caught:
        MathUnary("abs").apply([Numbers(np.array([1, 2]), np.array([True, False]))])
    assert caught.value.row == 1


@pytest.mark.parametrize("value", [-0.5, 1.5, math.inf])
def test_a_logit_outside_is_refused(value: float) -> None:
    with pytest.raises(RowError, match="has no logit") as caught:
        MathUnary("logit").apply([Numbers(np.array([0.5, value]))])
    assert (caught.value.row, caught.value.value) == (1, value)


@pytest.mark.parametrize("operation", [None, "", "cosh", 3])
def test_hostile_attributes(operation: Any) -> None:
    with pytest.raises(BundleError):
        from_attributes(MathUnary, operation=operation)
