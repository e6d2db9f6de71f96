"""vector_indexer: the categorical values of a vector to the indices of their categories."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Shape, Types
from pipeline.operators.values import Value, double_list, long, long_list, string

POLICIES = ("error", "skip", "keep")
Categories = Mapping[int, Mapping[float, int]]


class VectorIndexer(Operator):
    """Spark's `VectorIndexerModel`.

    In: vectors of `num_features` values. Out: the same, the values at categorical places replaced by their
    category's index. A value of no category, NaN among them: refused under `error`, the category after the last under
    `keep`, the row dropped under `skip`. A zero that a sparse vector does not store stays zero, whatever the
    categories.
    Source: org.apache.spark.ml.feature.VectorIndexerModel.
    """

    op = "vector_indexer"
    stages = ("VectorIndexerModel",)

    def __init__(self, num_features: int, categories: Categories, handle_invalid: str) -> None:
        self.num_features = num_features
        self.categories = {place: dict(categories[place]) for place in sorted(categories)}
        self.handle_invalid = handle_invalid
        self._places = np.array(list(self.categories), dtype=np.int64)
        self._counts = np.array([float(len(known)) for known in self.categories.values()])
        # Place and value make one key each, so that one search finds the category of any entry.
        known = [(at, *pair) for at, one in enumerate(self.categories.values()) for pair in one.items()]
        self._values = np.unique(np.array([value for _, value, _ in known]))
        codes = np.searchsorted(self._values, [value for _, value, _ in known])
        keys = np.array([at for at, *_ in known], dtype=np.int64) * (len(self._values) + 1) + codes
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._indices = np.array([float(index) for *_, index in known])[order]

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        categories = {place: _floats(known) for place, known in _category_maps(stage).items()}
        operator = cls(stage.numFeatures, categories, stage.getHandleInvalid())
        return [Node(stage.uid, operator, Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "VectorIndexer":
        size = attributes.need("num_features", int)
        if not 0 <= size < 1 << 31:
            raise BundleError(f"{attributes.where}: num_features is {size}, expected 0 to {(1 << 31) - 1}")
        categories = {}
        for place in attributes.need_list("keys", int):
            values = attributes.need_list(f"key_{place}_keys", float)
            indices = attributes.need_list(f"key_{place}_values", int)
            if not 0 <= place < size or len(values) != len(indices):
                raise BundleError(f"{attributes.where}: the categories at place {place} do not fit together")
            categories[place] = dict(zip(values, indices))
        return cls(size, categories, attributes.choice("handle_invalid", POLICIES, "error"))

    def attributes(self) -> Dict[str, Value]:
        written: Dict[str, Value] = {
            "keys": long_list(self.categories),
            "num_features": long(self.num_features),
            "handle_invalid": string(self.handle_invalid),
        }
        for place, known in self.categories.items():
            written[f"key_{place}_keys"] = double_list(known)
            written[f"key_{place}_values"] = long_list(known.values())
        return written

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.num_features)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        if inputs[0].size not in (None, self.num_features):
            raise BundleError(f"vectors of {inputs[0].size} values, expected {self.num_features}")
        return [ColumnType("vector", self.num_features)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = inputs[0]
        entries, values, known, rows = self._entries(column)
        if self.handle_invalid != "keep" and not known.all():
            wrong = int(np.argmin(known))
            value = float(self._found(column)[entries][wrong])
            raise RowError(f"{value} is no known category", row=int(rows[wrong]), value=value)
        made = self._found(column).copy()
        made[entries] = values
        if isinstance(column, Sparse):
            return [Sparse(column.indptr, column.indices, made, column.size)]
        return [Dense(made.reshape(len(column), self.num_features))]

    def skipped_rows(self, inputs: Sequence[AnyColumn]) -> "Optional[np.ndarray[Any, Any]]":
        if self.handle_invalid != "skip":
            return None
        _, _, known, rows = self._entries(inputs[0])
        skipped = np.zeros(len(inputs[0]), dtype=bool)
        skipped[rows[~known]] = True
        return skipped

    @staticmethod
    def _found(column: AnyColumn) -> Any:
        assert isinstance(column, (Dense, Sparse))
        return column.values if isinstance(column, Sparse) else column.values.ravel()

    def _entries(self, column: AnyColumn) -> Tuple[Any, Any, Any, Any]:
        """The entries at categorical places: where they are, their new values, whether known, and their rows."""
        if not isinstance(column, (Dense, Sparse)) or (len(column) and column.size != self.num_features):
            raise RowError("the value is not a vector of this length", row=0, expected=f"{self.num_features} values")
        if isinstance(column, Sparse):
            at = np.searchsorted(self._places, column.indices)
            inside = at < len(self._places)
            inside[inside] = self._places[at[inside]] == column.indices[inside]
            entries, at, rows = np.nonzero(inside)[0], at[inside], column.rows()[inside]
        else:
            rows = np.repeat(np.arange(len(column)), len(self._places))
            at = np.tile(np.arange(len(self._places)), len(column))
            entries = rows * self.num_features + self._places[at]
        return (entries, *self._categories(at, self._found(column)[entries]), rows)

    def _categories(self, at: Any, values: Any) -> Tuple[Any, Any]:
        """The new value of each entry, given its categorical place and its value, and whether it has a category."""
        if not len(values) or not len(self._keys):
            return self._counts[at], np.zeros(len(values), dtype=bool)
        code = np.minimum(np.searchsorted(self._values, values), len(self._values) - 1)
        key = at * (len(self._values) + 1) + code
        place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        known = (self._values[code] == values) & (self._keys[place] == key)
        return np.where(known, self._indices[place], self._counts[at]), known


def _category_maps(stage: Any) -> Dict[int, Dict[float, int]]:
    """The model's maps as Python's; py4j would fetch them entry by entry, and not find that of NaN."""
    from pyspark import SparkContext
    from pyspark.serializers import CPickleSerializer

    maps = stage.categoryMaps
    if isinstance(maps, dict):
        return maps
    pickled = SparkContext._active_spark_context._jvm.org.apache.spark.ml.python.MLSerDe.dumps(maps)
    found: Dict[int, Dict[float, int]] = CPickleSerializer().loads(bytes(pickled))
    return found


def _floats(known: Dict[float, int]) -> Dict[float, int]:
    return {float(value): index for value, index in known.items()}
