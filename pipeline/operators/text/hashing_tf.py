"""hashing_term_frequency: how often words of each hash stand in a list."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.row_code import Lowered, Place, RowCode, TermsPlace, TokensPlace
from pipeline.operators.text.murmur3 import SEED, hash_words
from pipeline.operators.text.token_lists import counted, needed_lists
from pipeline.operators.values import boolean, integer, long

# MLeap's names for Spark's two hashes: that of Spark 2, and from Spark 3 on.
_LEGACY, _USUAL = 1, 2


class HashingTF(Operator):
    """Spark's `HashingTF`.

    In: lists of texts. Out: sparse vectors of `num_features` counts, 1 for any count with `binary`. A null in a list
    counts where Spark hashes it to; a null list is refused, as Spark does. `version` is 2 for Spark 3's hash, 1 for
    Spark 2's.
    Source: org.apache.spark.ml.feature.HashingTF.
    """

    op = "hashing_term_frequency"
    stages = ("HashingTF",)

    def __init__(self, num_features: int, binary: bool, version: int = _USUAL) -> None:
        self.num_features = num_features
        self.binary = binary
        self.version = version

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        operator = cls(stage.getNumFeatures(), stage.getBinary())
        return [Node(stage.uid, operator, Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "HashingTF":
        size = attributes.need("num_features", int)
        version = attributes.need("hashUnsafeBytesVersion", int, _LEGACY)
        if not 0 < size < 1 << 31:
            raise BundleError(f"{attributes.where}: num_features is {size}, expected 1 to {(1 << 31) - 1}")
        if version not in (_LEGACY, _USUAL):
            raise BundleError(f"{attributes.where}: hashUnsafeBytesVersion is {version}, expected 1 or 2")
        return cls(size, attributes.need("binary", bool, False), version)

    def attributes(self) -> Dict[str, Any]:
        return {
            "num_features": long(self.num_features),
            "binary": boolean(self.binary),
            "hashUnsafeBytesVersion": integer(self.version),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("texts")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", self.num_features)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        lists = needed_lists(inputs[0])
        hashes = hash_words([word.encode("utf-8", "replace") for word in lists.words], legacy=self.version == _LEGACY)
        # A null hashes to the seed.
        made = counted(lists, np.append(hashes, SEED) % self.num_features, self.num_features)
        if not self.binary:
            return [made]
        return [Sparse(made.indptr, made.indices, np.ones(len(made.indices)), made.size)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        tokens = inputs[0]
        if not isinstance(tokens, TokensPlace):
            return None
        return [TermsPlace(tokens, self.num_features, self.binary, legacy=self.version == _LEGACY)]
