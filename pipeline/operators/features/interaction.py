"""interaction: the products of all combinations of values, one of each input."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers, Sparse, Vectors
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Shape, Types
from pipeline.operators.features.vectors import compressed, is_dense, stored_entries
from pipeline.operators.values import Value, int_list, integer, scalar_shape, shape_list, tensor_shape

# A vector of Spark's has no more values.
_MOST = (1 << 31) - 1


class Interaction(Operator):
    """Spark's `Interaction`.

    In: numbers and vectors. `features` has, for each input, the number of categories of each of its values, 1 for
    what is no category; a category stands for its one-hot vector. Out: sparse vectors of the products of one value of
    each input, the first input's changing slowest. Null, and an index of no category, are refused, as Spark does. Where
    a row is sparse Spark knows no category 0: it is not stored; `compressed` are the inputs that are sparse by row.
    Source: org.apache.spark.ml.feature.Interaction.
    """

    op = "interaction"
    stages = ("Interaction",)

    def __init__(
        self, features: Sequence[Sequence[int]], scalars: Sequence[bool], compressed: Sequence[int] = ()
    ) -> None:
        self.features = tuple(tuple(one) for one in features)
        self.scalars = tuple(scalars)
        self.compressed = tuple(compressed)
        self.size = math.prod(sum(one) for one in self.features)
        self._counts = [np.array(one, dtype=np.int64) for one in self.features]
        self._offsets = [np.cumsum(one) - one for one in self._counts]

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        names = stage.getInputCols()
        if any(name not in types for name in names):
            raise UnsupportedStageError(
                f"stage {stage.uid!r}: the columns {', '.join(names)} are not all known",
                hint="give write_bundle a DataFrame of the raw columns",
            )
        features = [_features(stage, name, types[name]) for name in names]
        compressed = [
            at for at, name in enumerate(names) if types[name].compressed and max(features[at], default=1) > 1
        ]
        operator = cls(features, [types[name].kind != "vector" for name in names], compressed)
        if operator.size > _MOST:
            raise UnsupportedStageError(
                f"stage {stage.uid!r}: {operator.size} combinations are more than a vector holds"
            )
        ports = {f"input{place}": name for place, name in enumerate(names)}
        return [Node(stage.uid, operator, Shape(ports, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "Interaction":
        count = attributes.need("num_inputs", int)
        shapes = attributes.need_list("input_shapes", tuple)
        if count != len(shapes) or not shapes:
            raise BundleError(f"{attributes.where}: {len(shapes)} input_shapes, num_inputs is {count}")
        features = [attributes.need_list(f"num_features{at}", int) for at in range(count)]
        for shape, found in zip(shapes, features):
            if math.prod(shape) != len(found) or min(found, default=1) < 1:
                raise BundleError(f"{attributes.where}: num_features of {len(found)} values for the shape {shape}")
        if math.prod(sum(one) for one in features) > _MOST:
            raise BundleError(f"{attributes.where}: more combinations than a vector holds")
        compressed = attributes.need_list("compressed_inputs", int, [])
        if any(not 0 <= at < count or not shapes[at] for at in compressed):
            raise BundleError(f"{attributes.where}: compressed_inputs names what is no vector")
        return cls(features, [not shape for shape in shapes], compressed)

    def attributes(self) -> Dict[str, Value]:
        shapes = [
            scalar_shape() if one else tensor_shape(len(found)) for one, found in zip(self.scalars, self.features)
        ]
        features = {f"num_features{at}": int_list(found) for at, found in enumerate(self.features)}
        # An attribute of ours: MLeap's runtime, which reads what it knows, has it wrong for sparse rows anyhow.
        compressed = {"compressed_inputs": int_list(self.compressed)} if self.compressed else {}
        return {"num_inputs": integer(len(self.features)), "input_shapes": shape_list(shapes), **features, **compressed}

    def input_types(self, count: int) -> List[ColumnType]:
        return [
            ColumnType("number") if one else ColumnType("vector", len(found))
            for one, found in zip(self.scalars, self.features)
        ]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", self.size)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        made = self._active(inputs, len(inputs) - 1)
        for place in range(len(inputs) - 2, -1, -1):
            made = _product(self._active(inputs, place), made)
        return [compressed(_stored(made))]

    def _active(self, inputs: Sequence[AnyColumn], place: int) -> "_Active":
        """The values of an input that are there, categories in place of their indices."""
        column, counts, offsets = inputs[place], self._counts[place], self._offsets[place]
        if place in self.compressed and isinstance(column, (Dense, Sparse)):
            column = _by_row(column)
        if isinstance(column, Numbers):
            null = column.first_null()
            if null is not None:
                raise RowError("the value is missing", row=null, place=place, expected="a number")
            rows = np.arange(len(column))
            feature, values, sizes = np.zeros(len(column), dtype=np.int64), column.doubles(), np.ones(len(column), int)
        elif isinstance(column, Dense):
            rows, feature = (found.ravel() for found in np.indices(column.values.shape))
            values, sizes = column.values.ravel(), np.full(len(column), column.size)
        else:
            assert isinstance(column, Sparse)
            rows, feature, values, sizes = column.rows(), column.indices, column.values, np.diff(column.indptr)
        width = 1 if isinstance(column, Numbers) else column.size
        if len(column) and width != len(counts):
            raise RowError(f"a vector of {width} values", row=0, place=place, expected=f"{len(counts)} values")
        indices = offsets[feature]
        nominal = counts[feature] > 1
        if nominal.any():
            indices, values = indices.copy(), values.copy()
            found, limit = values[nominal], counts[feature[nominal]]
            wrong = ~((found >= 0) & (found < limit) & (found == np.trunc(found)))
            if wrong.any():
                at = int(np.argmax(wrong))
                value, row = float(found[at]), int(rows[nominal][at])
                expected = f"a whole number from 0 to {limit[at] - 1}"
                raise RowError(f"category index {value}", row=row, place=place, value=value, expected=expected)
            indices[nominal] += found.astype(np.int64)
            values[nominal] = 1.0
        return _Active(sizes, indices, values, int(counts.sum()))


class _Active(NamedTuple):
    """Values that are there: how many a row, and the index and value of each."""

    sizes: Any
    indices: Any
    values: Any
    width: int

    @property
    def is_even(self) -> bool:
        """Whether each row has as many, and some."""
        return bool(self.sizes.size and self.sizes[0] and (self.sizes == self.sizes[0]).all())


def _by_row(column: Vectors) -> Sparse:
    """The vectors with their zeros in those rows alone that Spark stores as dense."""
    values = column.dense().values if isinstance(column, Sparse) else column.values
    stored = values != 0
    stored |= is_dense(stored.sum(axis=1), column.size)[:, np.newaxis]
    return stored_entries(values, stored)


def _product(outer: _Active, inner: _Active) -> _Active:
    """Each value of a row with each of the other's, the inner ones changing fastest."""
    sizes = outer.sizes * inner.sizes
    if outer.is_even and inner.is_even:
        many, few = (len(sizes), 1, -1), (len(sizes), -1, 1)
        places = inner.indices.reshape(many) + outer.indices.reshape(few) * inner.width
        with np.errstate(invalid="ignore", over="ignore"):
            products = inner.values.reshape(many) * outer.values.reshape(few)
        return _Active(sizes, places.ravel(), products.ravel(), outer.width * inner.width)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    left, right = np.divmod(within, inner.sizes[rows])
    left += (np.cumsum(outer.sizes) - outer.sizes)[rows]
    right += (np.cumsum(inner.sizes) - inner.sizes)[rows]
    indices = inner.indices[right] + outer.indices[left] * inner.width
    with np.errstate(invalid="ignore", over="ignore"):
        values = inner.values[right] * outer.values[left]
    return _Active(sizes, indices, values, outer.width * inner.width)


def _stored(made: _Active) -> Sparse:
    """The values that are not zero; a negative zero stays where Spark makes a dense vector of the row."""
    rows = np.repeat(np.arange(len(made.sizes)), made.sizes)
    stored = made.values != 0
    counts = np.bincount(rows[stored], minlength=len(made.sizes))
    stored |= is_dense(counts, made.width)[rows] & np.signbit(made.values)
    indptr = np.zeros(len(made.sizes) + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows[stored], minlength=len(made.sizes)), out=indptr[1:])
    return Sparse(indptr, made.indices[stored].astype(np.int32), made.values[stored], made.width)


def _features(stage: Any, name: str, kind: ColumnType) -> List[int]:
    """How many categories each value of a column has, 1 where it is no category."""
    attributes = kind.attributes or {}
    if kind.kind == "number":
        return [_categories(stage, name, attributes)]
    if kind.kind != "vector" or "attrs" not in attributes:
        raise UnsupportedStageError(
            f"stage {stage.uid!r}: column {name!r} is not known to have ML attributes, which tell its categories",
            hint="give write_bundle a DataFrame of the raw columns",
        )
    found = {one["idx"]: one for group in attributes["attrs"].values() for one in group}
    kinds = {one["idx"]: kind for kind, group in attributes["attrs"].items() for one in group}
    size = int(attributes.get("num_attrs", len(found)))
    return [_categories(stage, name, {"type": kinds.get(at), **found.get(at, {})}) for at in range(size)]


def _categories(stage: Any, name: str, attribute: Mapping[str, Any]) -> int:
    if attribute.get("type") != "nominal":
        return 1
    count = attribute.get("num_vals", len(attribute["vals"]) if "vals" in attribute else None)
    if count is None:
        raise UnsupportedStageError(f"stage {stage.uid!r}: column {name!r} has a category without a number of values")
    return max(1, int(count))
