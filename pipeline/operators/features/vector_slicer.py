"""vector_slicer: some values of a vector, by their places or names."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from pipeline.columns import AnyColumn
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.features.selection import Selection, places_of, size_of
from pipeline.operators.values import Value, int_list, integer, long_list, string_list


class VectorSlicer(Operator):
    """Spark's `VectorSlicer`.

    In: vectors. Out: the values at `indices`, then those of `names`, in that order; dense or sparse as they were.
    Zeros of a sparse vector are stored no more, so its negative zeros become zeros, as in Spark.
    Source: org.apache.spark.ml.feature.VectorSlicer.
    """

    op = "vector_slicer"
    stages = ("VectorSlicer",)

    def __init__(self, indices: Sequence[int], named: Mapping[str, int], input_size: int) -> None:
        self.indices = tuple(indices)
        self.named = dict(named)
        self._selection = Selection([*self.indices, *self.named.values()], input_size, drops_zeros=True)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        source = stage.getInputCol()
        kind = types.get(source, ColumnType("vector"))
        if kind.size is None:
            raise UnsupportedStageError(
                f"stage {stage.uid!r}: the length of vector column {source!r} is not known",
                hint="give write_bundle a schema with the vector's size, or put a VectorSizeHint before it",
            )
        known = _names(kind.attributes or {})
        for name in stage.getNames():
            if name not in known:
                raise UnsupportedStageError(
                    f"stage {stage.uid!r}: parameter names has {name!r}, which column {source!r} is not known to have",
                    hint="give write_bundle a DataFrame of the raw columns, or use indices",
                )
        named = {name: known[name] for name in stage.getNames()}
        places = [*stage.getIndices(), *named.values()]
        if len(set(places)) != len(places) or max(places, default=0) >= kind.size:
            raise UnsupportedStageError(
                f"stage {stage.uid!r}: parameters indices and names come to {places}, "
                f"expected distinct ones from 0 to {kind.size - 1}"
            )
        shape = Shape({"input": source}, {"output": stage.getOutputCol()})
        return [Node(stage.uid, cls(stage.getIndices(), named, kind.size), shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "VectorSlicer":
        size = size_of(attributes)
        names = attributes.need_list("names", str, [])
        named = places_of(attributes, "named_indices", size) if names else []
        indices = places_of(attributes, "indices", size)
        if len(names) != len(named) or set(indices) & set(named) or len(set(names)) != len(names):
            raise BundleError(f"{attributes.where}: names, named_indices and indices do not fit together")
        return cls(indices, dict(zip(names, named)), size)

    def attributes(self) -> Dict[str, Value]:
        return {
            "indices": long_list(self.indices),
            "names": string_list(self.named),
            "named_indices": int_list(self.named.values()),
            "input_size": integer(self._selection.size),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self._selection.size or None)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        self._selection.check(inputs[0])
        return [ColumnType("vector", len(self._selection))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        return [self._selection.of(inputs[0])]


def _names(attributes: Mapping[str, Any]) -> Dict[str, int]:
    """The names of a vector's values, as Spark's ML attributes have them."""
    groups = attributes.get("attrs", {}).values()
    return {one["name"]: one["idx"] for group in groups for one in group if "name" in one and "idx" in one}
