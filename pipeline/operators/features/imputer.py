"""imputer: a missing number to its surrogate."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Types
from pipeline.operators.row_code import IMPUTE, Lowered, NumberPlace, Place, RowCode
from pipeline.operators.spark_columns import column_pairs, node_a_column
from pipeline.operators.sql.casts import cast
from pipeline.operators.values import boolean, double, string


class Imputer(Operator):
    """Spark's `ImputerModel`, one column a node.

    In: a number of any type. Out: the same type; null and `missing_value` become the surrogate. All is compared and
    replaced as float64 and cast back, as Spark does, so a surrogate of whole numbers loses its fraction and a long
    beyond 2^53 its last digits. NaN is replaced where it is the missing value; MLeap's runtime always replaces it.
    Source: org.apache.spark.ml.feature.ImputerModel.
    """

    op = "imputer"
    stages = ("ImputerModel",)

    def __init__(self, surrogate: float, missing: float, strategy: str, nullable: bool = True) -> None:
        self.surrogate = surrogate
        self.missing = missing
        self.strategy = strategy
        self.nullable = nullable

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        surrogates = stage.surrogateDF.first()
        missing, strategy = float(stage.getMissingValue()), stage.getStrategy()
        return node_a_column(
            stage, [cls(float(surrogates[source]), missing, strategy) for source, _ in column_pairs(stage)]
        )

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "Imputer":
        return cls(
            float(attributes.need("surrogate_value", (float, int))),
            float(attributes.need("missing_value", (float, int), math.nan)),
            attributes.need("strategy", str),
            attributes.need("nullable_input", bool, True),
        )

    def attributes(self) -> Dict[str, Any]:
        return {
            "surrogate_value": double(self.surrogate),
            "missing_value": double(self.missing),
            "strategy": string(self.strategy),
            "nullable_input": boolean(self.nullable),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("number", nullable=self.nullable)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("number", basic=inputs[0].basic)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = inputs[0]
        assert isinstance(column, Numbers)
        values = column.doubles()
        gone = np.isnan(values) if math.isnan(self.missing) else values == self.missing
        if column.valid is not None:
            gone |= ~column.valid
        return [Numbers(cast(np.where(gone, self.surrogate, values), column.values.dtype))]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        place = inputs[0]
        # Numbers of other types lose digits on their way through float64.
        if not isinstance(place, NumberPlace) or place.basic != "double":
            return None
        made = code.number()
        code.emit(IMPUTE, code.keep(self.surrogate, self.missing), place.register, made.register)
        return [made]
