"""min_hash_lsh: a set, given by the values that are not zero, to the least hash of its members."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, VectorLists
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, Node, RowError, Shape, Types
from pipeline.operators.features.lsh import LSH, entries
from pipeline.operators.spark_columns import jvm_object
from pipeline.operators.values import integer, long_list

HASH_PRIME = 2038074743


class MinHashLSH(LSH):
    """Spark's `MinHashLSHModel`.

    In: vectors of `input_size` values, 0 where that is not known. Out: for each pair (a, b) of `coefficients` the least
    of `((1 + i) * a + b) % 2038074743` over the indices i of values that are not zero. A vector of zeros is refused, as
    Spark does.
    MLeap's runtime computes in 32 bits; where that overflows the hashes are others, and the instance is not `in_mleap`.
    Source: org.apache.spark.ml.feature.MinHashLSHModel.
    """

    op = "min_hash_lsh"
    stages = ("MinHashLSHModel",)

    def __init__(self, coefficients: Sequence[Tuple[int, int]], input_size: int) -> None:
        self.coefficients = tuple(coefficients)
        self.input_size = input_size
        self.in_mleap = input_size > 0 and all(input_size * a + b < 1 << 31 for a, b in self.coefficients)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        pairs = [(int(pair._1()), int(pair._2())) for pair in jvm_object(stage, "a hash function").randCoefficients()]
        source = stage.getInputCol()
        known = types.get(source)
        operator = cls(pairs, (known.size or 0) if known else 0)
        return [Node(stage.uid, operator, Shape({"input": source}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "MinHashLSH":
        first = attributes.need_list("random_coefficients_a", int)
        second = attributes.need_list("random_coefficients_b", int)
        if not first or len(first) != len(second) or not all(0 <= one < 1 << 31 for one in first + second):
            raise BundleError(f"{attributes.where}: the random coefficients are no pairs of 32-bit numbers from 0")
        return cls(list(zip(first, second)), max(attributes.need("input_size", int, 0), 0))

    def attributes(self) -> Dict[str, Any]:
        return {
            "random_coefficients_a": long_list(a for a, _ in self.coefficients),
            "random_coefficients_b": long_list(b for _, b in self.coefficients),
            "input_size": integer(self.input_size),
        }

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        count = len(inputs[0])
        rows, indices, _ = entries(inputs[0])
        sizes = np.bincount(rows, minlength=count)
        if count and not sizes.all():
            raise RowError("the vector is all zeros", row=int(np.argmin(sizes)), expected="a value that is not zero")
        made = np.empty((count, len(self.coefficients), 1))
        if count:
            starts = np.cumsum(sizes) - sizes
            members = indices.astype(np.int64) + 1
            for place, (a, b) in enumerate(self.coefficients):
                made[:, place, 0] = np.minimum.reduceat((members * a + b) % HASH_PRIME, starts)
        return [VectorLists(made)]
