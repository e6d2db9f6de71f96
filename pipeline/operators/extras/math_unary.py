"""math_unary: a function of one number."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers
from pipeline.operators.base import Attributes, ColumnType, Operator, RowError
from pipeline.operators.values import string

Function = Callable[[Any], Any]

OPERATIONS: Dict[str, Function] = {
    "log": np.log,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "abs": np.abs,
    "logit": lambda values: np.log(values / (1.0 - values)),
}


class MathUnary(Operator):
    """MLeap's `MathUnary`.

    In: a number. Out: its logarithm, exponential, square root, sine, cosine, tangent, absolute value or logit, float64.
    Null is refused, and so is a logit of what is not from 0 to 1; else NaN and infinity are as in IEEE 754.
    Source: ml.combust.mleap.core.feature.MathUnaryModel.
    """

    op = "math_unary"

    def __init__(self, operation: str) -> None:
        self.operation = operation

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "MathUnary":
        return cls(attributes.choice("operation", tuple(OPERATIONS), ""))

    def attributes(self) -> Dict[str, Any]:
        return {"operation": string(self.operation)}

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("number")]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        values = without_null(inputs[0], 0)
        if self.operation == "logit":
            outside = (values < 0) | (values > 1)
            if outside.any():
                row = int(np.argmax(outside))
                value = float(values[row])
                raise RowError(f"{value} has no logit", row=row, value=value, expected="a number from 0 to 1")
        with np.errstate(all="ignore"):
            return [Numbers(OPERATIONS[self.operation](values))]


def without_null(column: AnyColumn, place: int) -> "np.ndarray[Any, Any]":
    """The numbers as float64; RowError for the first that is missing."""
    assert isinstance(column, Numbers)
    null = column.first_null()
    if null is not None:
        raise RowError("the value is missing", row=null, place=place, expected="a number")
    return column.doubles()
