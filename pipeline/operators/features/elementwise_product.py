"""elementwise_product: each value times its feature's weight."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.features.vectors import of_size, scaled
from pipeline.operators.row_code import MULTIPLY, Lowered, Place, RowCode, VectorPlace
from pipeline.operators.values import tensor


class ElementwiseProduct(Operator):
    """Spark's `ElementwiseProduct`.

    In: vectors of the weights' length. Out: each value times its weight; sparse stays sparse, so that what it leaves
    out stays 0.0 whatever the weight.
    Source: org.apache.spark.ml.feature.ElementwiseProduct.
    """

    op = "elementwise_product"
    stages = ("ElementwiseProduct",)

    def __init__(self, scaling_vec: Any) -> None:
        self.scaling_vec = np.asarray(scaling_vec, dtype=np.float64)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        operator = cls(stage.getScalingVec().toArray())
        return [Node(stage.uid, operator, Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "ElementwiseProduct":
        return cls(attributes.need_tensor("scaling_vec", 1))

    def attributes(self) -> Dict[str, Any]:
        return {"scaling_vec": tensor(self.scaling_vec)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", len(self.scaling_vec))]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", len(self.scaling_vec))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        return [scaled(of_size(inputs[0], len(self.scaling_vec)), self.scaling_vec)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        place = inputs[0]
        # A zero that a sparse vector leaves out must stay one.
        usual = np.isfinite(self.scaling_vec).all()
        if not usual or not isinstance(place, VectorPlace) or place.size != len(self.scaling_vec):
            return None
        made = code.vector(place.size)
        code.emit(MULTIPLY, place.size, code.keep(self.scaling_vec), place.register, made.register)
        return [made]
