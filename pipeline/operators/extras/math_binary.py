"""math_binary: a function of two numbers, of which one may be fixed."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Operator
from pipeline.operators.extras.math_unary import without_null
from pipeline.operators.values import double, string

Function = Callable[[Any, Any], Any]


def _pow(left: Any, right: Any) -> Any:
    # In C, 1 to the power of NaN, and 1 or -1 to that of infinity, is 1; in Java it is NaN.
    unknown = np.isnan(right) | (np.isinf(right) & (np.abs(left) == 1))
    return np.where(unknown, np.nan, np.power(left, right))


def _min(left: Any, right: Any) -> Any:
    # In Java -0.0 is less than 0.0.
    return np.where(left == right, np.where(np.signbit(left), left, right), np.minimum(left, right))


def _max(left: Any, right: Any) -> Any:
    return np.where(left == right, np.where(np.signbit(left), right, left), np.maximum(left, right))


OPERATIONS: Dict[str, Function] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "rem": np.fmod,
    "log_n": lambda left, right: np.log(left) / np.log(right),
    "pow": _pow,
    "min": _min,
    "max": _max,
}


class MathBinary(Operator):
    """MLeap's `MathBinary`.

    In: two numbers, or one, where `da` or `db` stands for the left or the right one. Out: their sum, difference,
    product, quotient, remainder, logarithm of the left to the base of the right, power, least or largest, float64.
    Null is refused; NaN, infinity and -0.0 are as in Java.
    Source: ml.combust.mleap.core.feature.MathBinaryModel.
    """

    op = "math_binary"

    def __init__(self, operation: str, da: Optional[float] = None, db: Optional[float] = None) -> None:
        self.operation = operation
        self.da = da
        self.db = db

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "MathBinary":
        operation = attributes.choice("operation", tuple(OPERATIONS), "")
        fixed = [float(attributes.need(name, (float, int))) if name in attributes else None for name in ("da", "db")]
        if None not in fixed:
            raise BundleError(f"{attributes.where}: both numbers are fixed, no input is left")
        return cls(operation, *fixed)

    def attributes(self) -> Dict[str, Any]:
        fixed = {"da": self.da, "db": self.db}
        found = {name: double(value) for name, value in fixed.items() if value is not None}
        return {"operation": string(self.operation), **found}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("number")] * (1 if self.da is not None or self.db is not None else 2)

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("number")]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        values: List[Any] = [without_null(column, place) for place, column in enumerate(inputs)]
        left = values[0] if self.da is None else np.float64(self.da)
        right = values[-1] if self.db is None else np.float64(self.db)
        with np.errstate(all="ignore"):
            return [Numbers(OPERATIONS[self.operation](left, right))]
