"""reverse_string_indexer: the index of a label to the label."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers, Text
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Shape, Types
from pipeline.operators.spark_columns import spark_version
from pipeline.operators.sql.casts import cast
from pipeline.operators.values import Value, boolean, scalar_shape, string_list


class IndexToString(Operator):
    """Spark's `IndexToString`.

    In: a number. Out: text, the label that stands there. A fraction goes towards zero; an index that no label has is
    refused, as Spark does. Up to Spark 4.0 null stays null and NaN is the first label; from 4.1 on both are refused: a
    bundle written there says so (`strict`).
    Source: org.apache.spark.ml.feature.IndexToString.
    """

    op = "reverse_string_indexer"
    stages = ("IndexToString",)

    def __init__(self, labels: Sequence[str], strict: bool = False) -> None:
        self.labels = tuple(labels)
        self.strict = strict

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        source = stage.getInputCol()
        labels = stage.getLabels() if stage.isDefined("labels") else None
        if not labels:
            # Without labels of its own the stage takes those of the column.
            known = types.get(source, ColumnType("number")).attributes or {}
            labels = known.get("vals") if known.get("type") == "nominal" else None
        if not labels:
            raise UnsupportedStageError(
                f"stage {stage.uid!r}: parameter labels is not set, and column {source!r} is not known to have labels",
                hint="set labels, or give write_bundle a DataFrame whose column has them",
            )
        shape = Shape({"input": source}, {"output": stage.getOutputCol()})
        return [Node(stage.uid, cls(list(labels), spark_version() >= (4, 1)), shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "IndexToString":
        if attributes.need("input_shape", tuple, ()) != ():
            raise BundleError(f"{attributes.where}: input_shape is not a scalar")
        return cls(attributes.need_list("labels", str), attributes.need("strict", bool, False))

    def attributes(self) -> Dict[str, Value]:
        values = {"labels": string_list(self.labels), "input_shape": {"data_shape": scalar_shape()}}
        return {**values, "strict": boolean(True)} if self.strict else values

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("text", basic="string", nullable=inputs[0].nullable and not self.strict)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = inputs[0]
        if not isinstance(column, Numbers):
            raise RowError("the index is a vector", row=0, expected="a number")
        codes = cast(column.doubles(), np.dtype(np.int32))
        wrong = (codes < 0) | (codes >= len(self.labels))
        if self.strict:
            self._refuse_missing(column)
        if column.valid is not None:
            codes = np.where(column.valid, codes, np.int32(-1))
            wrong &= column.valid
        if wrong.any():
            row = int(np.argmax(wrong))
            value = column.values[row].item()
            raise RowError(f"index {value} has no label", row=row, value=value, expected=f"0 to {len(self.labels) - 1}")
        return [Text(codes, self.labels)]

    @staticmethod
    def _refuse_missing(column: Numbers) -> None:
        missing = np.isnan(column.doubles())
        if column.valid is not None:
            missing = missing | ~column.valid
        if missing.any():
            raise RowError("the index is missing", row=int(np.argmax(missing)), expected="the index of a label")
