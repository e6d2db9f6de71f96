"""stopwords_remover: a list of texts without the stop words."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from pipeline.columns import AnyColumn
from pipeline.errors import UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Types
from pipeline.operators.row_code import STOP, Lowered, Place, RowCode, TokensPlace
from pipeline.operators.spark_columns import column_pairs, node_a_column
from pipeline.operators.text.java_strings import lower_case
from pipeline.operators.text.token_lists import filtered, needed_lists
from pipeline.operators.values import boolean, string_list

# Languages whose lower case is not everybody's.
_OWN_CASE = ("tr", "az", "lt")


class StopWordsRemover(Operator):
    """Spark's `StopWordsRemover`, one column a node.

    In: lists of texts. Out: the lists without the stop words; unless `case_sensitive`, both are compared in lower
    case, as every locale but the Turkish, Azerbaijani and Lithuanian has it. Nulls in a list stay; a null list is
    refused, as Spark does.
    Source: org.apache.spark.ml.feature.StopWordsRemover.
    """

    op = "stopwords_remover"
    stages = ("StopWordsRemover",)

    def __init__(self, stop_words: Sequence[str], case_sensitive: bool) -> None:
        self.stop_words = tuple(stop_words)
        self.case_sensitive = case_sensitive
        self._removed = frozenset(map(self._compared, self.stop_words))

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        locale = stage.getLocale()
        if not stage.getCaseSensitive() and locale.split("_")[0] in _OWN_CASE:
            raise UnsupportedStageError(
                f"stage {stage.uid!r}: locale {locale!r} has a lower case of its own",
                hint="set another locale, or caseSensitive",
            )
        operator = cls(stage.getStopWords(), stage.getCaseSensitive())
        return node_a_column(stage, [operator] * len(column_pairs(stage)))

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "StopWordsRemover":
        return cls(attributes.need_list("stop_words", str), attributes.need("case_sensitive", bool, False))

    def attributes(self) -> Dict[str, Any]:
        return {"stop_words": string_list(self.stop_words), "case_sensitive": boolean(self.case_sensitive)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("texts")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("texts")]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        lists = needed_lists(inputs[0])
        return [filtered(lists, [self._compared(word) not in self._removed for word in lists.words], null_stays=True)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        tokens = inputs[0]
        if not isinstance(tokens, TokensPlace):
            return None
        made = code.tokens(lower=tokens.lower)
        lower = not self.case_sensitive and not tokens.lower
        code.emit(STOP, code.vocabulary(sorted(self._removed)), lower, tokens.list, made.list)
        return [made]

    def _compared(self, word: str) -> str:
        return word if self.case_sensitive else lower_case(word)
