"""feature_hasher: numbers, texts and booleans side by side in one vector, each where its name hashes to."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Numbers, Sparse, Text
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Shape, Types
from pipeline.operators.numbers import java_text
from pipeline.operators.text.murmur3 import hash_bytes, hash_words
from pipeline.operators.values import Value, long, scalar_shape, shape_list, string_list

REAL = ("short", "int", "long", "float", "double")
TYPES = ("string", "boolean", "byte", *REAL)


class FeatureHasher(Operator):
    """Spark's `FeatureHasher`.

    In: numbers, texts and booleans. Out: sparse vectors of `num_features`: a number stands where the column's name
    hashes to; a text, a boolean and a number of `categorical_cols` are a 1 where `name=value` hashes to, a number as
    Java prints it. What meets at one place is added up, numbers first. Null counts for nothing.
    Source: org.apache.spark.ml.feature.FeatureHasher.
    """

    op = "feature_hasher"
    stages = ("FeatureHasher",)

    def __init__(
        self, num_features: int, categorical_cols: Sequence[str], names: Sequence[str], types: Sequence[ColumnType]
    ) -> None:
        self.num_features = num_features
        self.categorical_cols = tuple(categorical_cols)
        self.names = tuple(names)
        self.types = tuple(types)
        real = [kind.basic in (*REAL, "byte") and name not in categorical_cols for name, kind in zip(names, types)]
        # MLeap's runtime takes a byte for a category.
        self.in_mleap = not any(one and kind.basic == "byte" for one, kind in zip(real, types))
        self._real = [(at, self._place(name)) for at, (name, one) in enumerate(zip(names, real)) if one]
        self._categorical = [(at, f"{name}=") for at, (name, one) in enumerate(zip(names, real)) if not one]

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        names = stage.getInputCols()
        for name in names:
            kind = types.get(name)
            if kind is None or kind.kind not in ("number", "text"):
                found = "not known" if kind is None else f"a {kind.kind}"
                raise UnsupportedStageError(
                    f"stage {stage.uid!r}: the type of column {name!r} is {found}",
                    hint="give write_bundle a schema of numbers, texts and booleans",
                )
        known = [_typed(types[name]) for name in names]
        for name, kind in zip(names, known):
            if kind.basic not in TYPES:
                raise UnsupportedStageError(f"stage {stage.uid!r}: column {name!r} is a {kind.basic}")
        categorical = stage.getCategoricalCols() if stage.isSet("categoricalCols") else []
        operator = cls(stage.getNumFeatures(), categorical, names, known)
        ports = {f"input{place}": name for place, name in enumerate(names)}
        return [Node(stage.uid, operator, Shape(ports, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "FeatureHasher":
        size = attributes.need("num_features", int)
        if not 0 < size < 1 << 31:
            raise BundleError(f"{attributes.where}: num_features is {size}, expected 1 to {(1 << 31) - 1}")
        names = attributes.need_list("input_names", str)
        basics = attributes.need_list("basic_types", str)
        if len(names) != len(basics) or not set(basics) <= set(TYPES):
            raise BundleError(
                f"{attributes.where}: basic_types are {basics}, expected {len(names)} of {', '.join(TYPES)}"
            )
        types = [_typed(ColumnType("number", basic=basic, nullable=True)) for basic in basics]
        return cls(size, attributes.need_list("categorical_cols", str, []), names, types)

    def attributes(self) -> Dict[str, Value]:
        shapes = [{**scalar_shape(), "isNullable": kind.nullable} for kind in self.types]
        return {
            "num_features": long(self.num_features),
            "categorical_cols": string_list(self.categorical_cols),
            "input_shapes": shape_list(shapes),
            "basic_types": {"type": "list", "basic_type": [kind.basic for kind in self.types]},
            "input_names": string_list(self.names),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return list(self.types)

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", self.num_features)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        parts = [self._number(inputs[at], at, place) for at, place in self._real]
        parts += [self._category(inputs[at], at, prefix) for at, prefix in self._categorical]
        rows, places, values = (np.concatenate(found) for found in zip(*parts))
        return [_summed(rows, places, values, len(inputs[0]), self.num_features)]

    def _place(self, text: str) -> int:
        return hash_bytes(text.encode("utf-8", "replace")) % self.num_features

    def _number(self, column: AnyColumn, at: int, place: int) -> Tuple[Any, Any, Any]:
        if not isinstance(column, Numbers):
            raise RowError("the value is not a number", row=0, place=at, expected="a number")
        values = column.doubles()
        rows = np.arange(len(values))
        if column.valid is not None:
            rows, values = rows[column.valid], values[column.valid]
        return rows, np.full(len(rows), place, dtype=np.int64), values

    def _category(self, column: AnyColumn, at: int, prefix: str) -> Tuple[Any, Any, Any]:
        if not isinstance(column, (Numbers, Text)):
            raise RowError("the value is a vector", row=0, place=at, expected="a number, text or boolean")
        text = column if isinstance(column, Text) else java_text(column)
        hashes = hash_words([(prefix + word).encode("utf-8", "replace") for word in text.words]) % self.num_features
        rows = np.nonzero(text.codes >= 0)[0]
        return rows, hashes[text.codes[rows]], np.ones(len(rows))


def _typed(kind: ColumnType) -> ColumnType:
    text = kind.kind == "text" or kind.basic == "string"
    return ColumnType("text" if text else "number", basic="string" if text else kind.basic, nullable=kind.nullable)


def _summed(rows: Any, places: Any, values: Any, count: int, size: int) -> Sparse:
    """Vectors of what stands at each row and place, added up in the order given."""
    keys = rows * size + places
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.ones(len(keys), dtype=bool)
    first[1:] = keys[1:] != keys[:-1]
    sums = values[order[first]]
    # One after the other, as Spark does.
    np.add.at(sums, np.cumsum(first)[~first] - 1, values[order[~first]])
    row, place = np.divmod(keys[first], size)
    indptr = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=count), out=indptr[1:])
    return Sparse(indptr, place.astype(np.int32), sums, size)
