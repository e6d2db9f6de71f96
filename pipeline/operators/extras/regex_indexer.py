"""regex_indexer: a text to the index of the first pattern that is found in it."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Operator, RowError
from pipeline.operators.text.java_regex import UntranslatableError, java_regex
from pipeline.operators.text.limited_regex import LimitedRegex, SlowPatternError
from pipeline.operators.text.token_lists import needed_text
from pipeline.operators.values import int_list, integer, string_list


class RegexIndexer(Operator):
    """MLeap's `RegexIndexer`.

    In: text. Out: int32, the index that belongs to the first of Java's patterns `regexes` that is found in the text,
    else `default`. Null is refused, as MLeap does; so is a text without a pattern where there is no default.
    Source: ml.combust.mleap.core.feature.RegexIndexerModel.
    """

    op = "regex_indexer"

    def __init__(self, regexes: Sequence[str], indices: Sequence[int], default: Optional[int] = None) -> None:
        self.regexes = tuple(regexes)
        self.indices = tuple(indices)
        self.default = default
        self._patterns = [LimitedRegex(java_regex(regex, or_nothing=True)) for regex in self.regexes]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "RegexIndexer":
        regexes = attributes.need_list("regexes", str)
        indices = attributes.need_list("indices", int)
        default = attributes.need("default_value", int) if "default_value" in attributes else None
        if len(regexes) != len(indices):
            raise BundleError(f"{attributes.where}: {len(regexes)} regexes, but {len(indices)} indices")
        if not all(-(1 << 31) <= index < 1 << 31 for index in (*indices, default or 0)):
            raise BundleError(f"{attributes.where}: an index is no 32-bit number")
        try:
            return cls(regexes, indices, default)
        except UntranslatableError as error:
            raise BundleError(f"{attributes.where}: {error}") from error

    def attributes(self) -> Dict[str, Any]:
        default = {} if self.default is None else {"default_value": integer(self.default)}
        return {"regexes": string_list(self.regexes), "indices": int_list(self.indices), **default}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("text")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("number", basic="int")]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = needed_text(inputs[0])
        try:
            found = [self._index(word) for word in column.words]
        except SlowPatternError as error:
            raise error.in_column(column) from None
        missing = np.array([index is None for index in found], dtype=bool)[column.codes]
        if missing.any():
            row = int(np.argmax(missing))
            value = column[row]
            raise RowError(
                f"no pattern is found in {value!r}", row=row, value=value, expected="a text with one of them"
            )
        return [Numbers(np.array([index or 0 for index in found], dtype=np.int32)[column.codes])]

    def _index(self, word: str) -> Optional[int]:
        matches = (index for pattern, index in zip(self._patterns, self.indices) if pattern.found(word))
        return next(matches, self.default)
