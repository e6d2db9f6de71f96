"""isotonic_regression: a feature to a monotonic function of it, linear between boundaries."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Model, Node, RowError, Shape, Types
from pipeline.operators.models.classifier import output_ports
from pipeline.operators.values import boolean, double_list, long


class IsotonicRegression(Model):
    """Spark's `IsotonicRegressionModel`.

    In: numbers, or, with `feature_index`, vectors of which it takes that value; a shorter vector is refused. Out:
    `prediction`, float64; null gives null, NaN stands after infinity, -0.0 before 0.0, and outside of the boundaries
    the nearest one counts.
    Source: org.apache.spark.mllib.regression.IsotonicRegressionModel.
    """

    op = "isotonic_regression"
    stages = ("IsotonicRegressionModel",)

    def __init__(
        self,
        boundaries: "np.ndarray[Any, Any]",
        predictions: "np.ndarray[Any, Any]",
        *,
        isotonic: bool = True,
        feature_index: Optional[int] = None,
    ) -> None:
        self.boundaries = boundaries
        self.predictions = predictions
        # Whether the predictions rise; they themselves say all that scoring needs.
        self.isotonic = isotonic
        self.feature_index = feature_index
        self._keys = _keys(boundaries)
        self._distinct = bool((self._keys[1:] > self._keys[:-1]).all())

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        features = stage.getFeaturesCol()
        is_vector = features in types and types[features].kind == "vector"
        operator = cls(
            stage.boundaries.toArray(),
            stage.predictions.toArray(),
            isotonic=stage.getIsotonic(),
            feature_index=stage.getFeatureIndex() if is_vector else None,
        )
        shape = Shape({"features": features}, output_ports(stage, prediction="predictionCol"))
        return [Node(stage.uid, operator, shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "IsotonicRegression":
        boundaries = np.array(attributes.need_list("boundaries", float), dtype=np.float64)
        predictions = np.array(attributes.need_list("predictions", float), dtype=np.float64)
        if not boundaries.size or boundaries.size != predictions.size:
            raise BundleError(f"{attributes.where}: {boundaries.size} boundaries, {predictions.size} predictions")
        keys = _keys(boundaries)
        if (keys[1:] < keys[:-1]).any():
            raise BundleError(f"{attributes.where}: boundaries do not rise")
        index = attributes.need("feature_index", int) if "feature_index" in attributes else None
        if index is not None and index < 0:
            raise BundleError(f"{attributes.where}: feature_index is {index}")
        isotonic = attributes.need("isotonic", bool, True)
        return cls(boundaries, predictions, isotonic=isotonic, feature_index=index)

    def attributes(self) -> Dict[str, Any]:
        made = {
            "boundaries": double_list(self.boundaries.tolist()),
            "predictions": double_list(self.predictions.tolist()),
            "isotonic": boolean(self.isotonic),
        }
        if self.feature_index is not None:
            made["feature_index"] = long(self.feature_index)
        return made

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("number" if self.feature_index is None else "vector")]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {"prediction": ColumnType("number", nullable=inputs[0].nullable)}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        feature = self._feature(inputs[0])
        with np.errstate(all="ignore"):
            return {"prediction": Numbers(self._predict(feature.doubles()), feature.valid)}

    def _feature(self, column: AnyColumn) -> Numbers:
        if self.feature_index is None:
            if not isinstance(column, Numbers):
                raise RowError("a vector", row=0, expected="a number")
            return column
        if not isinstance(column, (Dense, Sparse)):
            raise RowError("a number", row=0, expected="a vector")
        if not len(column):
            return Numbers(np.zeros(0))
        if column.size <= self.feature_index:
            raise RowError(
                f"a vector of {column.size} values", row=0, expected=f"{self.feature_index + 1} values at least"
            )
        if isinstance(column, Dense):
            return Numbers(column.values[:, self.feature_index])
        values = np.zeros(len(column))
        here = column.indices == self.feature_index
        values[column.rows()[here]] = column.values[here]
        return Numbers(values)

    def _predict(self, values: Any) -> Any:
        found, above = self._search(_keys(values))
        last = len(self.boundaries) - 1
        before, after = np.clip(above - 1, 0, last), np.clip(above, 0, last)
        low, low_at = self.predictions[before], self.boundaries[before]
        high, high_at = self.predictions[after], self.boundaries[after]
        between = low + (high - low) * (values - low_at) / (high_at - low_at)
        made = np.where(above == 0, self.predictions[0], np.where(above > last, self.predictions[-1], between))
        return np.where(found >= 0, self.predictions[found], made)

    def _search(self, keys: Any) -> Any:
        """The place of an equal boundary, or -1, and that of the first boundary above.

        Java's binary search, step by step: of equal boundaries it finds whichever its halving meets first.
        """
        if self._distinct:
            above = np.searchsorted(self._keys, keys)
            found = np.minimum(above, len(self._keys) - 1)
            return np.where(self._keys[found] == keys, found, -1), above
        low, high = np.zeros(len(keys), dtype=np.int64), np.full(len(keys), len(self._keys) - 1)
        found = np.full(len(keys), -1)
        for _ in range(len(self._keys).bit_length()):
            middle = (low + high) >> 1
            key = self._keys[np.maximum(middle, 0)]
            searching = (low <= high) & (found < 0)
            found = np.where(searching & (key == keys), middle, found)
            low = np.where(searching & (key < keys), middle + 1, low)
            high = np.where(searching & (key > keys), middle - 1, high)
        return found, low


def _keys(values: Any) -> Any:
    """Whole numbers in the order in which Java has doubles: -0.0 before 0.0, NaN last."""
    bits = np.where(np.isnan(values), np.nan, values).view(np.int64)
    return np.where(bits < 0, bits ^ np.int64(0x7FFFFFFFFFFFFFFF), bits)
