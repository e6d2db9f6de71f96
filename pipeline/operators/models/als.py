"""als: a user and an item to the rating that their factors make."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Shape, Types
from pipeline.operators.sql.casts import cast
from pipeline.operators.sums import blocks, columns, first_sums
from pipeline.operators.values import Value, int_list, integer, string, tensor_list

POLICIES = ("nan", "drop")
_INT = np.dtype(np.int32)

# How large a table of ids may be.
_TABLE_PER_ID, _TABLE = 16, 1024


class ALS(Operator):
    """Spark's `ALSModel`.

    In: item and user, numbers of any type but boolean. Out: float32, the inner product of their factors. A user or
    item that training never saw: NaN under `nan`, the row dropped under `drop`, as is every row whose rating is NaN;
    null, a fraction, NaN and what no int holds are refused. MLeap's runtime drops no row.
    Source: org.apache.spark.ml.recommendation.ALSModel.
    """

    op = "als"
    stages = ("ALSModel",)

    def __init__(self, users: "Factors", items: "Factors", cold_start_strategy: str) -> None:
        self.users = users
        self.items = items
        self.cold_start_strategy = cold_start_strategy

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        users, items = _factors(stage.userFactors, stage.rank), _factors(stage.itemFactors, stage.rank)
        # In the order in which a bundle's ports are read.
        inputs = {"item": stage.getItemCol(), "user": stage.getUserCol()}
        operator = cls(users, items, stage.getColdStartStrategy())
        return [Node(stage.uid, operator, Shape(inputs, {"prediction": stage.getPredictionCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "ALS":
        return cls(
            _read(attributes, "users", "user_factors"),
            _read(attributes, "items", "item_factors"),
            attributes.choice("cold_start_strategy", POLICIES, "nan"),
        )

    def attributes(self) -> Dict[str, Any]:
        return {
            "rank": integer(self.users.values.shape[1]),
            "users": int_list(self.users.ids),
            "user_factors": _float_tensors(self.users.values),
            "items": int_list(self.items.ids),
            "item_factors": _float_tensors(self.items.values),
            "cold_start_strategy": string(self.cold_start_strategy),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("number", basic="int")] * 2

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        if any(kind.basic == "boolean" for kind in inputs):
            raise BundleError("als takes whole numbers for users and items, not booleans")
        return [ColumnType("number", basic="float")]

    def skipped_rows(self, inputs: Sequence[AnyColumn]) -> "Optional[np.ndarray[Any, Any]]":
        if self.cold_start_strategy != "drop":
            return None
        dropped: "np.ndarray[Any, Any]" = np.isnan(self._ratings(inputs))
        return dropped

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        ratings = self._ratings(inputs)
        if self.cold_start_strategy == "drop" and np.isnan(ratings).any():
            row = int(np.argmax(np.isnan(ratings)))
            item, user = (int(column.values[row]) for column in inputs if isinstance(column, Numbers))
            place = 0 if user in self.users.places else 1
            raise RowError("no rating is known", row=row, place=place, value=(item, user)[place])
        return [Numbers(ratings)]

    def _ratings(self, inputs: Sequence[AnyColumn]) -> Any:
        items, users = self.items.find(_ids(inputs[0], 0)), self.users.find(_ids(inputs[1], 1))
        ratings = np.full(len(users), np.nan, dtype=np.float32)
        known = np.flatnonzero((users >= 0) & (items >= 0))
        with np.errstate(all="ignore"):
            for block in blocks(len(known), self.users.values.shape[1]):
                rows = known[block]
                # Spark's sum starts from 0, so that it is never a negative zero.
                products = self.users.values[users[rows]] * self.items.values[items[rows]]
                ratings[rows] = first_sums(columns(products, slice(None))) + np.float32(0)
        return ratings


class Factors:
    """The factors of users or of items: float32 (count, rank), and the id of each; the last of equal ids counts."""

    def __init__(self, ids: Sequence[int], values: Any) -> None:
        self.ids = tuple(int(one) for one in ids)
        self.values = np.asarray(values, dtype=np.float32)
        self.places = {one: place for place, one in enumerate(self.ids)}
        self._sorted = np.array(sorted(self.places), dtype=np.int64)
        self._sorted_places = np.array([self.places[one] for one in self._sorted.tolist()], dtype=np.int64)
        self._table = self._as_table()

    def find(self, ids: Any) -> Any:
        """The place of each id, -1 where it has no factors."""
        if not len(self._sorted):
            return np.full(len(ids), -1)
        if self._table is not None:
            at = ids.astype(np.int64) - self._sorted[0]
            # What is too large for the table, or too small, is in its last place.
            return self._table[np.where((at < 0) | (at >= len(self._table)), -1, at)]
        slots = np.minimum(np.searchsorted(self._sorted, ids), len(self._sorted) - 1)
        return np.where(self._sorted[slots] == ids, self._sorted_places[slots], -1)

    def _as_table(self) -> Any:
        """The places by id, from the least one on; None where that would be much larger than the ids are many."""
        if not len(self._sorted):
            return None
        width = int(self._sorted[-1] - self._sorted[0]) + 1
        if width > _TABLE_PER_ID * len(self._sorted) + _TABLE:
            return None
        table = np.full(width + 1, -1, dtype=np.int64)
        table[self._sorted - self._sorted[0]] = self._sorted_places
        return table


def _ids(column: AnyColumn, place: int) -> Any:
    """The column as ints, which every value must be."""
    assert isinstance(column, Numbers)
    expected = "a whole number that a 32-bit int holds"
    null = column.first_null()
    if null is not None:
        raise RowError("the id is missing", row=null, place=place, expected=expected)
    with np.errstate(all="ignore"):
        ids = cast(column.values, _INT)
        whole = ids.astype(column.values.dtype) == column.values
    if not whole.all():
        row = int(np.argmin(whole))
        value = column.values[row].item()
        raise RowError(f"{value} is no id", row=row, place=place, value=value, expected=expected)
    return ids


def _factors(frame: Any, rank: int) -> Factors:
    rows = sorted((row["id"], row["features"]) for row in frame.select("id", "features").collect())
    return Factors([one for one, _ in rows], np.array([factors for _, factors in rows]).reshape(len(rows), rank))


def _read(attributes: Attributes, ids: str, factors: str) -> Factors:
    rank = attributes.need("rank", int)
    known, values = attributes.need_list(ids, int), attributes.need_list(factors, np.ndarray)
    if not 0 < rank < 1 << 30 or len(known) != len(values) or any(value.shape != (rank,) for value in values):
        raise BundleError(f"{attributes.where}: {factors} must be one vector of the rank {rank} for each of {ids}")
    if any(not -(1 << 31) <= one < 1 << 31 for one in known):
        raise BundleError(f"{attributes.where}: {ids} must be 32-bit whole numbers")
    return Factors(known, np.array(values).reshape(len(values), rank))


def _float_tensors(values: Any) -> Value:
    """A list of float32 vectors, the kind that MLeap takes factors for."""
    made = tensor_list(values)
    made["tensor"] = [{"float": one["double"], "shape": one["shape"]} for one in made["tensor"]]
    return made
