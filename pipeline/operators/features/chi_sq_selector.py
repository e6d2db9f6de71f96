"""chi_sq_selector: the values of a vector that a selector chose."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from pipeline.columns import AnyColumn
from pipeline.errors import UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.features.selection import Selection, places_of, size_of
from pipeline.operators.values import Value, integer, long_list


class ChiSqSelector(Operator):
    """Spark's `ChiSqSelectorModel`, and the models of other selectors: once fitted they all do the same.

    In: vectors. Out: the selected values, in their order; dense or sparse as they were, NaN and negative zero as
    they are.
    Source: org.apache.spark.ml.feature.ChiSqSelectorModel, UnivariateFeatureSelectorModel and
    VarianceThresholdSelectorModel.
    """

    op = "chi_sq_selector"
    stages = ("ChiSqSelectorModel", "UnivariateFeatureSelectorModel", "VarianceThresholdSelectorModel")

    def __init__(self, filter_indices: Sequence[int], input_size: int) -> None:
        self.filter_indices = tuple(filter_indices)
        self._selection = Selection(self.filter_indices, input_size)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        source = stage.getFeaturesCol()
        size = types.get(source, ColumnType("vector")).size
        if size is None:
            raise UnsupportedStageError(
                f"stage {stage.uid!r}: the length of vector column {source!r} is not known",
                hint="give write_bundle a schema with the vector's size, or put a VectorSizeHint before it",
            )
        operator = cls(sorted(stage.selectedFeatures), size)
        return [Node(stage.uid, operator, Shape({"input": source}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "ChiSqSelector":
        size = size_of(attributes)
        return cls(places_of(attributes, "filter_indices", size), size)

    def attributes(self) -> Dict[str, Value]:
        return {"filter_indices": long_list(self.filter_indices), "input_size": integer(self._selection.size)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self._selection.size or None)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        self._selection.check(inputs[0])
        return [ColumnType("vector", len(self._selection))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        return [self._selection.of(inputs[0])]
