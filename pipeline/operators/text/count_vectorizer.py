"""count_vectorizer: how often each word of a vocabulary stands in a list."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Sparse
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.row_code import Lowered, Place, RowCode, TermsPlace, TokensPlace
from pipeline.operators.text.token_lists import counted, needed_lists, offsets
from pipeline.operators.values import boolean, double, string_list


class CountVectorizer(Operator):
    """Spark's `CountVectorizerModel`.

    In: lists of texts. Out: sparse vectors of counts, one a word of the vocabulary, 1 for any count with `binary`.
    Counts below `min_tf` are left out: a count from 1 on, below 1 a share of the row's words. Words that the
    vocabulary does not have, and nulls in a list, count for that share alone; a null list is refused, as Spark does.
    Source: org.apache.spark.ml.feature.CountVectorizerModel.
    """

    op = "count_vectorizer"
    stages = ("CountVectorizerModel",)

    def __init__(self, vocabulary: Sequence[str], binary: bool, min_tf: float) -> None:
        self.vocabulary = tuple(vocabulary)
        self.binary = binary
        self.min_tf = min_tf
        self._index = {word: index for index, word in enumerate(self.vocabulary)}

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        words = list(stage.vocabulary)
        if None in words or len(set(words)) < len(words):
            raise UnsupportedStageError(f"stage {stage.uid!r}: the vocabulary has a null, or a word twice")
        operator = cls(words, stage.getBinary(), stage.getMinTF())
        return [Node(stage.uid, operator, Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "CountVectorizer":
        words = attributes.need_list("vocabulary", str)
        if len(set(words)) < len(words):
            raise BundleError(f"{attributes.where}: vocabulary has a word twice")
        # MLeap before 0.6 had neither.
        return cls(words, attributes.need("binary", bool, False), attributes.need("min_tf", float, 1.0))

    def attributes(self) -> Dict[str, Any]:
        return {
            "vocabulary": string_list(self.vocabulary),
            "binary": boolean(self.binary),
            "min_tf": double(self.min_tf),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("texts")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", len(self.vocabulary))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        lists = needed_lists(inputs[0])
        places = [*(self._index.get(word, -1) for word in lists.words), -1]
        made = counted(lists, np.array(places, dtype=np.int64), len(self.vocabulary))
        least = self.min_tf if self.min_tf >= 1.0 else (np.diff(lists.indptr) * self.min_tf)[made.rows()]
        enough = made.values >= least
        indptr = offsets(np.bincount(made.rows()[enough], minlength=len(lists)))
        values = made.values[enough]
        return [Sparse(indptr, made.indices[enough], np.ones(len(values)) if self.binary else values, made.size)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        tokens = inputs[0]
        # A share of the words may be more than a count.
        if not isinstance(tokens, TokensPlace) or self.min_tf != 1:
            return None
        return [TermsPlace(tokens, len(self.vocabulary), self.binary, vocabulary=code.vocabulary(self.vocabulary))]
