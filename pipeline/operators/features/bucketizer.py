"""bucketizer: a number to the index of its bucket."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Types
from pipeline.operators.row_code import BUCKET, Lowered, NumberPlace, Place, RowCode
from pipeline.operators.spark_columns import node_a_column
from pipeline.operators.values import double_list, string

POLICIES = ("error", "skip", "keep")


class Bucketizer(Operator):
    """Spark's `Bucketizer`, as QuantileDiscretizer fits it too, one column a node.

    In: a number. Out: the index of the bucket from one split up to, but without, the next; the last bucket has its
    upper split too. A number outside the splits is refused. NaN: refused under `error`, a bucket after the last under
    `keep`; under `skip` Spark drops the row, and one with null. Null stays null under `error` and `keep`, where
    MLeap's runtime refuses it. -0.0 is below a split at 0.0.
    Source: org.apache.spark.ml.feature.Bucketizer.
    """

    op = "bucketizer"
    stages = ("Bucketizer",)

    def __init__(self, splits: Sequence[float], handle_invalid: str) -> None:
        self.splits = np.array(splits, dtype=np.float64)
        self.handle_invalid = handle_invalid
        # Java's search, unlike NumPy's, finds -0.0 below a split at 0.0.
        self._parts_zeros = bool(((self.splits == 0) & ~np.signbit(self.splits))[:-1].any())

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        each = stage.getSplitsArray() if stage.isSet("inputCols") else [stage.getSplits()]
        policy = stage.getOrDefault("handleInvalid")
        return node_a_column(stage, [cls(splits, policy) for splits in each])

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "Bucketizer":
        splits = [float(split) for split in attributes.need_list("splits", (float, int))]
        if len(splits) > 1:
            # MLeap writes its infinite ends as null.
            splits[0] = -math.inf if math.isnan(splits[0]) else splits[0]
            splits[-1] = math.inf if math.isnan(splits[-1]) else splits[-1]
        if len(splits) < 3 or not all(splits[at] < splits[at + 1] for at in range(len(splits) - 1)):
            raise BundleError(f"{attributes.where}: splits are three numbers or more, each above the one before")
        return cls(splits, attributes.choice("handle_invalid", POLICIES, "error"))

    def attributes(self) -> Dict[str, Any]:
        return {"splits": double_list(self.splits.tolist()), "handle_invalid": string(self.handle_invalid)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("number", nullable=True)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("number", nullable=inputs[0].nullable)]

    def skipped_rows(self, inputs: Sequence[AnyColumn]) -> "Optional[np.ndarray[Any, Any]]":
        if self.handle_invalid != "skip":
            return None
        column, values = _doubles(inputs)
        gone: "np.ndarray[Any, Any]" = np.isnan(values)
        return gone if column.valid is None else gone | ~column.valid

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column, values = _doubles(inputs)
        places = np.searchsorted(self.splits, values, side="right") - 1
        if self._parts_zeros:
            places -= (values == 0) & np.signbit(values)
        places[values == self.splits[-1]] = len(self.splits) - 2
        refused = (places < 0) | (places > len(self.splits) - 2)
        if self.handle_invalid == "keep":
            gone = np.isnan(values)
            places[gone] = len(self.splits) - 1
            refused &= ~gone
        if column.valid is not None:
            refused = refused | ~column.valid if self.handle_invalid == "skip" else refused & column.valid
        if refused.any():
            self._refuse(column, values, int(np.argmax(refused)))
        return [Numbers(places.astype(np.float64), column.valid)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        if not isinstance(inputs[0], NumberPlace):
            return None
        made = code.number()
        keeps, splits = self.handle_invalid == "keep", code.keep(self.splits)
        code.emit(BUCKET, keeps, len(self.splits), splits, inputs[0].register, made.register)
        return [made]

    def _refuse(self, column: Numbers, values: "np.ndarray[Any, Any]", row: int) -> None:
        expected = f"a number from {self.splits[0]} to {self.splits[-1]}"
        if column.valid is not None and not column.valid[row]:
            raise RowError("the value is missing", row=row, expected=expected)
        value = float(values[row])
        problem = "found NaN" if math.isnan(value) else f"{value} is outside the buckets"
        raise RowError(problem, row=row, value=value, expected=expected)


def _doubles(inputs: Sequence[AnyColumn]) -> "Tuple[Numbers, np.ndarray[Any, Any]]":
    column = inputs[0]
    assert isinstance(column, Numbers)
    return column, column.doubles()
