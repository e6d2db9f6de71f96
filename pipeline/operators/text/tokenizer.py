"""tokenizer: a text in lower case, split at white space."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Sequence

from pipeline.columns import AnyColumn, TextLists
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.row_code import Lowered, Place, RowCode
from pipeline.operators.text.java_strings import lower_case, without_last_empty
from pipeline.operators.text.many_texts import split_at_spaces
from pipeline.operators.text.plain_tokens import SPACE, lower_split
from pipeline.operators.text.token_lists import needed_text, one_by_one, tokenized

_SPACE = re.compile(f"[{''.join(sorted(SPACE))}]")


class Tokenizer(Operator):
    """Spark's `Tokenizer`.

    In: text. Out: the list of its tokens in lower case, as Java has it outside Turkey, Azerbaijan and Lithuania. Each
    character of ASCII's white space splits, so that tokens may be empty, but not at the end; the empty text is one
    empty token. Null is refused, as Spark does.
    Source: org.apache.spark.ml.feature.Tokenizer.
    """

    op = "tokenizer"
    stages = ("Tokenizer",)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        return [Node(stage.uid, cls(), Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "Tokenizer":
        return cls()

    def attributes(self) -> Dict[str, Any]:
        return {}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("text")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("texts")]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        return [tokenized(needed_text(inputs[0]), _split)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        return lower_split(code, inputs[0], SPACE, least=0, lower=True)


def _split(texts: Sequence[str]) -> TextLists:
    return split_at_spaces(texts, empty=True) or one_by_one(_tokens)(texts)


def _tokens(text: str) -> List[str]:
    return without_last_empty(_SPACE.split(lower_case(text)))
