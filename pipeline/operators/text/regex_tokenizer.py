"""regex_tokenizer: a text split where a pattern matches, or the matches themselves."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from pipeline.columns import AnyColumn, TextLists
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.row_code import Lowered, Place, RowCode
from pipeline.operators.text.java_regex import UntranslatableError, java_regex
from pipeline.operators.text.java_strings import length, lower_case, without_last_empty
from pipeline.operators.text.limited_regex import LimitedRegex, SlowPatternError
from pipeline.operators.text.many_texts import split_at_spaces
from pipeline.operators.text.plain_tokens import NO_WORD, SPACE, lower_split
from pipeline.operators.text.token_lists import needed_text, one_by_one, tokenized
from pipeline.operators.values import boolean, integer, string

# What splits where white space is, if empty tokens go.
_SPACES = (r"\s+", r"\s")
# Of ASCII: what stands between tokens of a character or more, for gaps and for tokens.
_GAPS = {**dict.fromkeys(_SPACES, SPACE), **dict.fromkeys((r"\W+", r"\W"), NO_WORD)}
_TOKENS = {r"\S+": SPACE, r"\w+": NO_WORD}
_HINT = "write the pattern with ASCII classes, groups, lookahead and greedy or lazy quantifiers"


class RegexTokenizer(Operator):
    """Spark's `RegexTokenizer`.

    In: text. Out: the list of its tokens, those of at least `least` UTF-16 units: with `gaps` the pieces between
    the matches of Java's pattern `regex`, else the matches; `lower` makes lower case first. Null is refused, as
    Spark does; so are a pattern that cannot be made to mean the same in Python, and a text that takes it too long.
    Source: org.apache.spark.ml.feature.RegexTokenizer.
    """

    op = "regex_tokenizer"
    stages = ("RegexTokenizer",)

    def __init__(self, regex: str, gaps: bool, least: int, lower: bool) -> None:
        self.regex = regex
        self.gaps = gaps
        self.least = least
        self.lower = lower
        self._pattern = LimitedRegex(java_regex(regex))

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        try:
            operator = cls(stage.getPattern(), stage.getGaps(), stage.getMinTokenLength(), stage.getToLowercase())
        except UntranslatableError as error:
            raise UnsupportedStageError(f"stage {stage.uid!r}: {error}", hint=_HINT) from error
        return [Node(stage.uid, operator, Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "RegexTokenizer":
        try:
            return cls(
                attributes.need("regex", str),
                attributes.need("match_gaps", bool, True),
                attributes.need("token_min_length", int, 1),
                attributes.need("lowercase_text", bool, True),
            )
        except UntranslatableError as error:
            raise BundleError(f"{attributes.where}: {error}", hint=_HINT) from error

    def attributes(self) -> Dict[str, Any]:
        return {
            "regex": string(self.regex),
            "match_gaps": boolean(self.gaps),
            "token_min_length": integer(self.least),
            "lowercase_text": boolean(self.lower),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("text")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("texts")]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = needed_text(inputs[0])
        try:
            return [tokenized(column, self._split)]
        except SlowPatternError as error:
            raise error.in_column(column) from None

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        between = (_GAPS if self.gaps else _TOKENS).get(self.regex)
        if between is None or self.least < 1:
            return None
        return lower_split(code, inputs[0], between, least=self.least, lower=self.lower)

    def _split(self, texts: Sequence[str]) -> TextLists:
        at_once = self.lower and self.gaps and self.least == 1 and self.regex in _SPACES
        return (split_at_spaces(texts, empty=False) if at_once else None) or one_by_one(self._tokens)(texts)

    def _tokens(self, text: str) -> List[str]:
        if self.lower:
            text = lower_case(text)
        tokens = without_last_empty(self._pattern.pieces(text)) if self.gaps else self._pattern.matches(text)
        if self.least <= 1:
            return [token for token in tokens if token] if self.least == 1 else tokens
        return [token for token in tokens if length(token) >= self.least]
