"""string_indexer: a text to the index of its label."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Numbers, Text
from pipeline.errors import UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Shape, Types
from pipeline.operators.numbers import java_text
from pipeline.operators.values import integer, string, string_list

POLICIES = ("error", "skip", "keep")


class StringIndexer(Operator):
    """Spark's `StringIndexerModel`, one column.

    In: text, or a number, which is compared as Java prints it. Out: float64 index of the label.
    Null and unseen labels: refused under `error`, the index after the last label under `keep`; under `skip`
    Spark drops the row, here it is refused.
    Source: org.apache.spark.ml.feature.StringIndexerModel.
    """

    op = "string_indexer"
    stages = ("StringIndexerModel",)

    def __init__(self, labels: Sequence[str], handle_invalid: str) -> None:
        self.labels = tuple(labels)
        self.handle_invalid = handle_invalid
        # The last of equal labels wins, as in Spark's map.
        self._index: Dict[str, int] = {label: index for index, label in enumerate(self.labels)}

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        policy = stage.getOrDefault("handleInvalid")
        nodes: List[Node] = []
        for (source, target), labels in zip(_columns(stage), stage.labelsArray):
            name = stage.uid if len(stage.labelsArray) == 1 else f"{stage.uid}_{len(nodes)}"
            nodes.append(Node(name, cls(list(labels), policy), Shape({"input": source}, {"output": target})))
        return nodes

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
        return [ColumnType("number")]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = inputs[0] if isinstance(inputs[0], Text) else java_text(inputs[0])
        keep = self.handle_invalid == "keep"
        unseen = len(self.labels) if keep else -1
        # One slot more at the end: a null's code of -1 finds it.
        table = np.empty(len(column.words) + 1)
        table[:-1] = [self._index.get(word, unseen) for word in column.words]
        table[-1] = unseen
        indices = table[column.codes]
        if not keep and len(indices) and indices.min() < 0:
            row = int(np.argmax(indices < 0))
            self._refuse(column[row], row)
        return [Numbers(indices)]

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
        return [ColumnType("number")] * len(self.indexers)

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        made: List[AnyColumn] = []
        for place, (indexer, column) in enumerate(zip(self.indexers, inputs)):
            try:
                made += indexer.apply([column])
            except RowError as error:
                error.place = place
                raise
        return made


def _columns(stage: Any) -> List[Tuple[str, str]]:
    if stage.isSet("inputCols"):
        return list(zip(stage.getInputCols(), stage.getOutputCols()))
    if stage.isSet("inputCol"):
        return [(stage.getInputCol(), stage.getOutputCol())]
    raise UnsupportedStageError(f"stage {stage.uid!r} has neither inputCol nor inputCols")
