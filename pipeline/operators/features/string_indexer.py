"""string_indexer: a text to the index of its label."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers, Text
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Types
from pipeline.operators.numbers import java_double, java_text
from pipeline.operators.row_code import WORD, Lowered, Place, RowCode, TextPlace
from pipeline.operators.spark_columns import node_a_column
from pipeline.operators.values import integer, string, string_list

# A number as Java prints it.
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,6})\.(?:0|\d{0,24}[1-9])(?:E-?[1-9]\d{0,2})?")
POLICIES = ("error", "skip", "keep")


class StringIndexer(Operator):
    """Spark's `StringIndexerModel`, one column.

    In: text, or a number, which is compared as Java prints it (so -0.0 and 0.0 are two labels). Out: float64 index
    of the label; the empty text is a label like any other. Null and unseen labels: refused under `error`, the index
    after the last label under `keep`, the row dropped under `skip`; `skip` drops NaN too, even where it is a label.
    Source: org.apache.spark.ml.feature.StringIndexerModel.
    """

    op = "string_indexer"
    stages = ("StringIndexerModel",)

    def __init__(self, labels: Sequence[str], handle_invalid: str) -> None:
        self.labels = tuple(labels)
        self.handle_invalid = handle_invalid
        # The last of equal labels wins, as in Spark's map.
        self._index: Dict[str, int] = {label: index for index, label in enumerate(self.labels)}
        self._spelled = {size: _spelled(self._index, kind) for size, kind in ((4, np.float32), (8, np.float64))}

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        policy = stage.getOrDefault("handleInvalid")
        return node_a_column(stage, [cls(list(labels), policy) for labels in stage.labelsArray])

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> Operator:
        policy = attributes.choice("handle_invalid", POLICIES, "error")
        if "labels_length" not in attributes:
            return cls(attributes.need_list("labels", str), policy)
        # MLeap 0.18 and later may write one list a column.
        count = attributes.need("labels_length", int)
        if count == 1:
            return cls(attributes.need_list("labels_array_0", str), policy)
        return StringIndexers([cls(attributes.need_list(f"labels_array_{at}", str), policy) for at in range(count)])

    def attributes(self) -> Dict[str, Any]:
        return {"labels": string_list(self.labels), "handle_invalid": string(self.handle_invalid)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("text")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        if inputs[0].kind == "vector":
            raise BundleError("string_indexer takes text or numbers, not vectors")
        unseen = ("__unknown",) if self.handle_invalid == "keep" else ()
        return [ColumnType("number", attributes={"type": "nominal", "vals": self.labels + unseen})]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        indices = self._indices(inputs[0])
        if self.handle_invalid != "keep" and len(indices) and indices.min() < 0:
            row = int(np.argmax(indices < 0))
            self._refuse(_text(inputs[0])[row], row)
        return [Numbers(indices)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        if not isinstance(inputs[0], TextPlace):
            return None
        unseen = len(self.labels) if self.handle_invalid == "keep" else -1
        made = code.number()
        code.emit(WORD, inputs[0].text, code.vocabulary(self.labels), unseen, made.register)
        return [made]

    def skipped_rows(self, inputs: Sequence[AnyColumn]) -> "Optional[np.ndarray[Any, Any]]":
        if self.handle_invalid != "skip":
            return None
        return self.invalid_rows(inputs[0])

    def invalid_rows(self, column: AnyColumn) -> "np.ndarray[Any, Any]":
        """True for each row that has no index."""
        rows: "np.ndarray[Any, Any]" = self._indices(column) < 0
        return rows

    def _indices(self, column: AnyColumn) -> "np.ndarray[Any, Any]":
        """The index of each row's label, -1 for a row that is refused or skipped."""
        text = _text(column)
        unseen = len(self.labels) if self.handle_invalid == "keep" else -1
        index = self._index
        if isinstance(column, Numbers) and column.values.dtype.kind == "f":
            index = {**self._spelled.get(column.values.dtype.itemsize, {}), **index}
        # One slot more at the end: a null's code of -1 finds it.
        table = np.empty(len(text.words) + 1)
        table[:-1] = [index.get(word, unseen) for word in text.words]
        table[-1] = unseen
        indices: "np.ndarray[Any, Any]" = table[text.codes]
        if self.handle_invalid == "skip" and isinstance(column, Numbers) and column.values.dtype.kind == "f":
            indices[np.isnan(column.values)] = -1
        return indices

    def _refuse(self, value: Any, row: int) -> None:
        shown = ", ".join(repr(label) for label in self.labels[:10])
        more = f" and {len(self.labels) - 10} more" if len(self.labels) > 10 else ""
        problem = "the value is missing" if value is None else f"unseen label {value!r}"
        raise RowError(problem, row=row, value=value, expected=f"one of {shown}{more}")


class StringIndexers(Operator):
    """Several columns in one node of MLeap's, each with its own labels; see StringIndexer."""

    op = "string_indexer"

    def __init__(self, indexers: Sequence[StringIndexer]) -> None:
        self.indexers = tuple(indexers)

    def attributes(self) -> Dict[str, Any]:
        lists = {f"labels_array_{at}": string_list(one.labels) for at, one in enumerate(self.indexers)}
        policy = self.indexers[0].handle_invalid
        return {"labels_length": integer(len(self.indexers)), **lists, "handle_invalid": string(policy)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("text")] * len(self.indexers)

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [kind for indexer, found in zip(self.indexers, inputs) for kind in indexer.output_types([found])]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        made: List[Place] = []
        for indexer, place in zip(self.indexers, inputs):
            lowered = indexer.lower_to(code, [place], ports)
            if lowered is None:
                return None
            made += lowered
        return made

    def skipped_rows(self, inputs: Sequence[AnyColumn]) -> "Optional[np.ndarray[Any, Any]]":
        if self.indexers[0].handle_invalid != "skip":
            return None
        rows = np.zeros(len(inputs[0]), dtype=bool)
        for indexer, column in zip(self.indexers, inputs):
            rows |= indexer.invalid_rows(column)
        return rows

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        made: List[AnyColumn] = []
        for place, (indexer, column) in enumerate(zip(self.indexers, inputs)):
            try:
                made += indexer.apply([column])
            except RowError as error:
                error.place = place
                raise
        return made


def _spelled(index: Dict[str, int], kind: Any) -> Dict[str, int]:
    """The labels that Java before 19 prints with more digits than it must, by the text with as few as can be."""
    made = {}
    for label, place in index.items():
        if _NUMBER.fullmatch(label):
            with np.errstate(over="ignore"):
                text = java_double(kind(label))
            if text != label:
                made[text] = place
    return made


def _text(column: AnyColumn) -> Text:
    return column if isinstance(column, Text) else java_text(column)
