"""vector_assembler: numbers and vectors side by side in one vector."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers, Sparse
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Shape, Types
from pipeline.operators.features.vectors import compressed
from pipeline.operators.row_code import (
    NUMBER,
    VECTOR,
    Lowered,
    NumberPlace,
    Place,
    RowCode,
    TermsPlace,
    VectorPlace,
    WidePlace,
)
from pipeline.operators.values import scalar_shape, shape_list, string, tensor_shape

# Wider vectors stay in compressed rows.
DENSE_UP_TO = 2048


class VectorAssembler(Operator):
    """Spark's `VectorAssembler`.

    In: numbers, booleans and vectors. Out: their values side by side, float64; a negative zero becomes zero, as
    in Spark. A number that is null or NaN: refused under `error`, NaN under `keep`, the row dropped under `skip`. NaN
    within a vector passes, whatever the policy. Dense up to 2,048 values, sparse above;
    a row with NaN or infinity as Spark has it, where that is by the row.
    Source: org.apache.spark.ml.feature.VectorAssembler.
    """

    op = "vector_assembler"
    stages = ("VectorAssembler",)

    def __init__(self, sizes: Sequence[int], handle_invalid: str, scalars: Sequence[bool] = ()) -> None:
        self.sizes = tuple(sizes)
        self.handle_invalid = handle_invalid
        self.scalars = tuple(scalars) or tuple(size == 1 for size in sizes)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        sources = stage.getInputCols()
        known = [types.get(name, ColumnType("number")) for name in sources]
        for name, kind in zip(sources, known):
            if kind.kind == "vector" and kind.size is None:
                raise UnsupportedStageError(
                    f"stage {stage.uid!r}: the length of vector column {name!r} is not known",
                    hint="give write_bundle a schema with the vector's size, or put a VectorSizeHint before it",
                )
        operator = cls(
            [kind.size or 1 for kind in known],
            stage.getOrDefault("handleInvalid"),
            [kind.kind != "vector" for kind in known],
        )
        ports = {f"input{place}": name for place, name in enumerate(sources)}
        return [Node(stage.uid, operator, Shape(ports, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "VectorAssembler":
        # Bundles of 2017 have no shapes: the inputs themselves tell.
        shapes: List[Tuple[int, ...]] = attributes.need_list("input_shapes", tuple, [])
        if any(math.prod(shape) > 1 << 30 or len(shape) > 1 for shape in shapes):
            raise BundleError(f"{attributes.where}: input shapes {shapes} are out of range")
        return cls(
            [shape[0] if shape else 1 for shape in shapes],
            attributes.choice("handle_invalid", ("error", "skip", "keep"), "error"),
            [not shape for shape in shapes],
        )

    def attributes(self) -> Dict[str, Any]:
        shapes = [scalar_shape() if one else tensor_shape(size) for size, one in zip(self.sizes, self.scalars)]
        return {"input_shapes": shape_list(shapes), "handle_invalid": string(self.handle_invalid)}

    def input_types(self, count: int) -> List[ColumnType]:
        if not self.sizes:
            return [ColumnType("number")] * count
        return [
            ColumnType("number") if one else ColumnType("vector", size) for size, one in zip(self.sizes, self.scalars)
        ]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        sizes = [1 if kind.kind == "number" else kind.size for kind in inputs]
        return [ColumnType("vector", None if None in sizes else sum(size or 0 for size in sizes), compressed=True)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        widths = [1 if isinstance(column, Numbers) else column.size for column in inputs]  # type: ignore[union-attr]
        if sum(widths) > DENSE_UP_TO:
            return [compressed(self._sparse(inputs, widths))]
        return [compressed(self._dense(inputs, widths))]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        if any(isinstance(place, (TermsPlace, WidePlace)) for place in inputs):
            return self._lower_wide(code, inputs)
        made = code.vector(sum(place.size if isinstance(place, VectorPlace) else 1 for place in inputs))
        at = made.register
        for place in inputs:
            if isinstance(place, VectorPlace):
                code.emit(VECTOR, place.register, place.size, at)
                at += place.size
            elif isinstance(place, NumberPlace):
                code.emit(NUMBER, self.handle_invalid == "keep", place.register, at)
                at += 1
            else:
                return None
        return [made]

    def _lower_wide(self, code: RowCode, inputs: Sequence[Place]) -> Lowered:
        """Side by side without being made: who reads features knows zeros of both signs for one."""
        parts: List[Union[VectorPlace, TermsPlace]] = []
        for place in inputs:
            if isinstance(place, WidePlace):
                parts += place.parts
            elif isinstance(place, (VectorPlace, TermsPlace)):
                parts.append(place)
            elif isinstance(place, NumberPlace):
                one = code.vector(1)
                code.emit(NUMBER, self.handle_invalid == "keep", place.register, one.register)
                parts.append(one)
            else:
                return None
        return [WidePlace(tuple(parts))]

    def skipped_rows(self, inputs: Sequence[AnyColumn]) -> "Optional[np.ndarray[Any, Any]]":
        if self.handle_invalid != "skip":
            return None
        skipped = np.zeros(len(inputs[0]), dtype=bool)
        for column in inputs:
            if isinstance(column, Numbers):
                if column.valid is not None:
                    skipped |= ~column.valid
                if column.values.dtype.kind == "f":
                    skipped |= np.isnan(column.values)
        return skipped

    def _dense(self, inputs: Sequence[AnyColumn], widths: Sequence[int]) -> Dense:
        matrix = np.zeros((len(inputs[0]), sum(widths)))
        at = 0
        for place, (column, width) in enumerate(zip(inputs, widths)):
            part = matrix[:, at : at + width]
            if isinstance(column, Numbers):
                part[:, 0] = self._checked(column, place)
            elif isinstance(column, Sparse):
                part[column.rows(), column.indices] = column.values
            elif isinstance(column, Dense):
                part[:] = column.values
            at += width
        matrix += 0.0  # -0.0 + 0.0 is 0.0
        return Dense(matrix)

    def _sparse(self, inputs: Sequence[AnyColumn], widths: Sequence[int]) -> Sparse:
        rows, indices, values = [], [], []
        at = 0
        for place, (column, width) in enumerate(zip(inputs, widths)):
            part_rows, part_indices, part_values = self._entries(column, place)
            stored = part_values != 0
            rows.append(part_rows[stored])
            indices.append(part_indices[stored] + at)
            values.append(part_values[stored])
            at += width
        row = np.concatenate(rows)
        # Stable: within a row the inputs already stand in order.
        order = np.argsort(row, kind="stable")
        indptr = np.zeros(len(inputs[0]) + 1, dtype=np.int64)
        np.cumsum(np.bincount(row, minlength=len(inputs[0])), out=indptr[1:])
        return Sparse(indptr, np.concatenate(indices)[order].astype(np.int32), np.concatenate(values)[order], at)

    def _entries(self, column: AnyColumn, place: int) -> Tuple[Any, Any, Any]:
        if isinstance(column, Numbers):
            values = self._checked(column, place)
            return np.arange(len(values)), np.zeros(len(values), dtype=np.int64), values
        assert isinstance(column, (Dense, Sparse))
        if isinstance(column, Dense):
            row, index = np.nonzero(column.values)
            return row, index, column.values[row, index]
        return column.rows(), column.indices, column.values

    def _checked(self, column: Numbers, place: int) -> Any:
        values = column.doubles()
        if column.valid is not None:
            null = column.first_null()
            if null is not None and self.handle_invalid != "keep":
                raise RowError("the value is missing", row=null, place=place, expected="a number")
            values = np.where(column.valid, values, np.nan)
        if self.handle_invalid != "keep" and column.values.dtype.kind == "f":
            gone = np.isnan(values)
            if gone.any():
                row = int(np.argmax(gone))
                raise RowError("found NaN", row=row, place=place, value=math.nan, expected="a number")
        return values
