"""bucketed_random_projection_lsh: a vector to its buckets along random directions."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse, VectorLists
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, Node, RowError, Shape, Types
from pipeline.operators.features.lsh import LSH
from pipeline.operators.spark_columns import jvm_object
from pipeline.operators.values import double, integer, tensor_list


class BucketedRandomProjectionLSH(LSH):
    """Spark's `BucketedRandomProjectionLSHModel`.

    In: vectors as long as the directions. Out: for each direction, a row of `directions` (float64), the floor of the
    vector's product with it times `1 / bucket_length`. Products are summed up from left to right; Java's BLAS may round
    otherwise for dense vectors, which shows where a product falls on a bucket's very border.
    Source: org.apache.spark.ml.feature.BucketedRandomProjectionLSHModel.
    """

    op = "bucketed_random_projection_lsh"
    stages = ("BucketedRandomProjectionLSHModel",)

    def __init__(self, directions: Any, bucket_length: float) -> None:
        self.directions = np.asarray(directions, dtype=np.float64)
        self.bucket_length = bucket_length
        self.input_size = self.directions.shape[1]
        self._columns = np.ascontiguousarray(self.directions.T)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        directions = [list(vector.toArray()) for vector in jvm_object(stage, "a hash function").randUnitVectors()]
        operator = cls(directions, stage.getBucketLength())
        return [Node(stage.uid, operator, Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "BucketedRandomProjectionLSH":
        vectors = attributes.need_list("random_unit_vectors", np.ndarray)
        length = float(attributes.need("bucket_length", (float, int)))
        sizes = {vector.shape for vector in vectors}
        if len(sizes) != 1 or len(next(iter(sizes))) != 1 or not vectors[0].size:
            raise BundleError(f"{attributes.where}: random_unit_vectors are no vectors of one length")
        if not (length > 0 and math.isfinite(length)):
            raise BundleError(f"{attributes.where}: bucket_length is {length}, expected more than 0")
        return cls(np.array(vectors), length)

    def attributes(self) -> Dict[str, Any]:
        return {
            "random_unit_vectors": tensor_list(self.directions),
            "bucket_length": double(self.bucket_length),
            "input_size": integer(self.input_size),
        }

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = inputs[0]
        assert isinstance(column, (Dense, Sparse))
        if column.size != self.input_size and len(column):
            raise RowError(f"a vector of {column.size} values", row=0, expected=f"{self.input_size} values")
        with np.errstate(invalid="ignore", over="ignore"):
            products = self._sparse(column) if isinstance(column, Sparse) else self._dense(column)
            # Spark adds them to zeros: there is no negative zero.
            return [VectorLists(np.floor(products * (1.0 / self.bucket_length) + 0.0)[:, :, None])]

    def _dense(self, column: Dense) -> Any:
        products = np.zeros((len(column), len(self.directions)))
        for values, weights in zip(column.values.T, self._columns):
            products += values[:, None] * weights
        return products

    def _sparse(self, column: Sparse) -> Any:
        rows = column.rows()
        made = [
            np.bincount(rows, weights=column.values * direction[column.indices], minlength=len(column))
            for direction in self.directions
        ]
        return np.column_stack(made)
