"""math_binary against MLeap's runtime."""

from __future__ import annotations

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
from pipeline.operators.extras.math_binary import OPERATIONS, MathBinary

VALUES = [*ODD, 1.0, -1.0, 2.0, 0.5]
TABLE = pa.table({"a": [one for one in VALUES for _ in VALUES], "b": VALUES * len(VALUES)})
# Java's functions and the C library's may differ in the last digit.
ROUNDED = ("log_n", "pow")


def test_every_operation(engines: Conformance) -> None:
    for operation in OPERATIONS:
        rtol = 1e-12 if operation in ROUNDED else 0.0
        compare_with_runtime(engines, MathBinary(operation), TABLE, {"input_a": "a", "input_b": "b"}, rtol)


@pytest.mark.parametrize("operation", ["sub", "max"])
def test_a_fixed_number(engines: Conformance, operation: str) -> None:
    compare_with_runtime(engines, MathBinary(operation, da=-2.5), TABLE, {"input_b": "b"})
    compare_with_runtime(engines, MathBinary(operation, db=3.5), TABLE, {"input_a": "a"})


def test_a_null_is_refused_by_its_column() -> None:
    there, gone = Numbers(np.ones(2)), Numbers(np.ones(2), np.array([True, False]))
    with pytest.raises(RowError, match="missing") as caught:
        MathBinary("add").apply([there, gone])
    assert (caught.value.row, caught.value.place) == (1, 1)


@pytest.mark.parametrize("values", [{}, {"operation": "xor"}, {"operation": "add", "da": 1.0, "db": 2.0}, {"da": 1.0}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(MathBinary, **values)


def test_a_fixed_number_must_be_one() -> None:
    with pytest.raises(BundleError):
        from_attributes(MathBinary, operation="add", da="1")
