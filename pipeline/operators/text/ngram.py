"""ngram: each n words in a row, with a space between."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, TextLists
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.row_code import NGRAM, Lowered, Place, RowCode, TokensPlace
from pipeline.operators.text.token_lists import needed_lists, offsets
from pipeline.operators.values import long


class NGram(Operator):
    """Spark's `NGram`.

    In: lists of texts. Out: each `n` neighbours of a list joined by a space; none where the list is shorter. A null in
    a list is the word "null"; a null list is refused, as Spark does.
    Source: org.apache.spark.ml.feature.NGram.
    """

    op = "ngram"
    stages = ("NGram",)

    def __init__(self, n: int) -> None:
        self.n = n

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        shape = Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()})
        return [Node(stage.uid, cls(stage.getN()), shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "NGram":
        n = attributes.need("n", int)
        if n < 1:
            raise BundleError(f"{attributes.where}: n is {n}, expected 1 or more")
        return cls(n)

    def attributes(self) -> Dict[str, Any]:
        return {"n": long(self.n)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("texts")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("texts")]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        lists = needed_lists(inputs[0])
        indptr = offsets(np.maximum(np.diff(lists.indptr) - (self.n - 1), 0))
        if not indptr[-1]:
            return [TextLists(indptr, np.zeros(0, dtype=np.int32), [])]
        starts = np.repeat(lists.indptr[:-1] - indptr[:-1], np.diff(indptr)) + np.arange(indptr[-1])
        codes = _distinct(lists.codes, starts, self.n, len(lists.words))
        _, first = np.unique(codes, return_index=True)
        words = [*lists.words, "null"]
        texts = [words[code] for code in lists.codes.tolist()]
        grams = [" ".join(texts[start : start + self.n]) for start in starts[first].tolist()]
        return [TextLists(indptr, codes, grams)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        tokens = inputs[0]
        if not isinstance(tokens, TokensPlace):
            return None
        made = code.tokens(lower=tokens.lower)
        code.emit(NGRAM, self.n, tokens.list, made.list)
        return [made]


def _distinct(codes: Any, starts: Any, n: int, count: int) -> "np.ndarray[Any, Any]":
    """For each start a number of its own for the n codes from there on, counted from 0."""
    # Codes are -1 to count - 1, a number within int32: one step more never overflows int64.
    made = np.zeros(len(starts), dtype=np.int64)
    for step in range(n):
        made = np.unique(made * (count + 1) + codes[starts + step], return_inverse=True)[1]
    return made.astype(np.int32)
