"""word_filter: a list of texts without short words and those that hold more than letters."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn
from pipeline.operators.base import Attributes, ColumnType, Operator, RowError
from pipeline.operators.text.token_lists import filtered, needed_lists
from pipeline.operators.values import integer

_BMP = "\uffff"


class WordFilter(Operator):
    """MLeap's `WordLengthFilter`.

    In: lists of texts. Out: the lists without the words that have at most `length` letters or a character that is no
    letter; those outside the BMP are none to MLeap. A null list is refused, and a null in a list, as MLeap does.
    Source: ml.combust.mleap.core.feature.WordLengthFilterModel.
    """

    op = "word_filter"

    def __init__(self, length: int = 3) -> None:
        self.length = length

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "WordFilter":
        return cls(attributes.need("length", int))

    def attributes(self) -> Dict[str, Any]:
        return {"length": integer(self.length)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("texts")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("texts")]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        lists = needed_lists(inputs[0])
        null = lists.codes < 0
        if null.any():
            raise RowError("a text in the list is missing", row=int(lists.rows()[np.argmax(null)]), expected="texts")
        return [filtered(lists, [self._stays(word) for word in lists.words], null_stays=False)]

    def _stays(self, word: str) -> bool:
        return len(word) > self.length and all(letter.isalpha() and letter <= _BMP for letter in word)
