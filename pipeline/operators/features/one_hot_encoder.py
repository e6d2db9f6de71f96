"""one_hot_encoder: a category index to a vector with at most one 1."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Shape, Types
from pipeline.operators.row_code import ONE_HOT, Lowered, NumberPlace, Place, RowCode
from pipeline.operators.spark_columns import column_pairs
from pipeline.operators.values import boolean, int_list, string


class OneHotEncoder(Operator):
    """Spark's `OneHotEncoderModel`, one column or several.

    In: numbers from 0; a fraction counts as the whole number below it. Out: sparse vectors of the category count, one
    less with `drop_last`, one more under `keep`. An index outside, and NaN: refused under `error`, the category after
    the last under `keep`. Null is refused: Spark makes a null vector of it, which no later stage takes.
    Source: org.apache.spark.ml.feature.OneHotEncoderModel.
    """

    op = "one_hot_encoder"
    stages = ("OneHotEncoderModel",)

    def __init__(self, category_sizes: Sequence[int], drop_last: bool, handle_invalid: str) -> None:
        self.category_sizes = tuple(category_sizes)
        self.drop_last = drop_last
        self.handle_invalid = handle_invalid

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        pairs = column_pairs(stage)
        operator = cls(list(stage.categorySizes), stage.getDropLast(), stage.getHandleInvalid())
        shape = Shape(
            {f"input{place}": source for place, (source, _) in enumerate(pairs)},
            {f"output{place}": target for place, (_, target) in enumerate(pairs)},
        )
        return [Node(stage.uid, operator, shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "OneHotEncoder":
        drop_last = attributes.need("drop_last", bool, True)
        if "size" in attributes:
            # Written by MLeap before 0.11, which knew one column and, without the attribute, kept what it dropped.
            default = "keep" if drop_last else "error"
            sizes = [attributes.need("size", int)]
        else:
            default = "error"
            sizes = attributes.need_list("category_sizes", int)
        if not all(0 < size <= 1 << 30 for size in sizes):
            raise BundleError(f"{attributes.where}: category sizes {sizes} are out of range")
        return cls(sizes, drop_last, attributes.choice("handle_invalid", ("error", "keep"), default))

    def attributes(self) -> Dict[str, Any]:
        return {
            "category_sizes": int_list(self.category_sizes),
            "drop_last": boolean(self.drop_last),
            "handle_invalid": string(self.handle_invalid),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("number")] * len(self.category_sizes)

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", self._width(size)) for size in self.category_sizes]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        return [self._encode(column, place) for place, column in enumerate(inputs)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        made: List[Place] = []
        for size, place in zip(self.category_sizes, inputs):
            if not isinstance(place, NumberPlace):
                return None
            hot = code.vector(self._width(size))
            code.emit(ONE_HOT, self.handle_invalid == "keep", size, hot.size, place.register, hot.register)
            made.append(hot)
        return made

    def _width(self, size: int) -> int:
        return size + (self.handle_invalid == "keep") - self.drop_last

    def _encode(self, column: AnyColumn, place: int) -> Sparse:
        assert isinstance(column, Numbers)
        size = self.category_sizes[place]
        values = column.doubles()
        null = column.first_null()
        if null is not None:
            raise RowError("the category index is missing", row=null, place=place, expected="a whole number from 0")
        known = (values >= 0) & (values < size)
        if not known.all():
            values = self._invalid(values, known, place)
        width = self._width(size)
        hot = values < width
        indptr = np.zeros(len(values) + 1, dtype=np.int64)
        np.cumsum(hot, out=indptr[1:])
        indices = values[hot].astype(np.int32)
        return Sparse(indptr, indices, np.ones(len(indices)), width)

    def _invalid(self, values: Any, known: Any, place: int) -> Any:
        size = self.category_sizes[place]
        if self.handle_invalid == "keep":
            return np.where(known, values, float(size))
        row = int(np.argmin(known))
        value = float(values[row])
        raise RowError(f"category index {value}", row=row, place=place, value=value, expected=f"0 to {size - 1}")
