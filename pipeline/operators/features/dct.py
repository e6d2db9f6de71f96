"""dct: a vector's discrete cosine transform."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.values import boolean, integer


class DCT(Operator):
    """Spark's `DCT`: DCT-II with a unitary matrix, or its inverse.

    In: vectors. Out: dense vectors of the same length. The last digits may differ from Spark's, which sums in another
    order; a vector with NaN or infinity is NaN where Spark may keep single values.
    Source: org.apache.spark.ml.feature.DCT, which calls org.jtransforms.dct.DoubleDCT_1D.
    """

    op = "dct"
    stages = ("DCT",)

    def __init__(self, inverse: bool, size: Optional[int] = None) -> None:
        self.inverse = inverse
        self.size = size

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        source = stage.getInputCol()
        operator = cls(stage.getInverse(), types.get(source, ColumnType("vector")).size)
        return [Node(stage.uid, operator, Shape({"input": source}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "DCT":
        return cls(attributes.need("inverse", bool), max(attributes.need("input_size", int, 0), 0) or None)

    def attributes(self) -> Dict[str, Any]:
        # MLeap asks for a length, but does not look at it.
        return {"inverse": boolean(self.inverse), "input_size": integer(self.size or 0)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.size)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", inputs[0].size or self.size)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = inputs[0]
        assert isinstance(column, (Dense, Sparse))
        matrix = column.dense().values if isinstance(column, Sparse) else column.values
        if matrix.size == 0:
            return [Dense(matrix)]
        with np.errstate(all="ignore"):
            return [Dense(_inverse(matrix) if self.inverse else _forward(matrix))]


def _forward(matrix: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """By one Fourier transform: the even values in order, then the odd ones backwards."""
    size = matrix.shape[1]
    turned = np.concatenate([matrix[:, ::2], matrix[:, 1::2][:, ::-1]], axis=1)
    made: "np.ndarray[Any, Any]" = (np.fft.fft(turned, axis=1) * np.exp(_angles(size))).real * _weights(size)
    return made


def _inverse(matrix: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    size = matrix.shape[1]
    values = matrix / _weights(size)
    # The spectrum of a real signal: its imaginary part is the mirrored coefficients.
    mirrored = np.concatenate([np.zeros((len(values), 1)), values[:, :0:-1]], axis=1)
    turned = np.fft.ifft((values - 1j * mirrored) * np.exp(-_angles(size)), axis=1).real
    made = np.empty_like(matrix)
    half = (size + 1) // 2
    made[:, ::2] = turned[:, :half]
    made[:, 1::2] = turned[:, half:][:, ::-1]
    return made


def _angles(size: int) -> "np.ndarray[Any, Any]":
    return -0.5j * np.pi * np.arange(size) / size


def _weights(size: int) -> "np.ndarray[Any, Any]":
    weights = np.full(size, np.sqrt(2.0 / size))
    weights[0] = np.sqrt(1.0 / size)
    return weights
