"""What Spark's classifiers share: raw predictions made probabilities, and either made a class."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Model, RowError
from pipeline.operators.values import Value, double_list, long


class ProbabilisticClassifier(Model):
    """Spark's `ProbabilisticClassificationModel`.

    In: vectors. Out: `raw_prediction` and `probability`, vectors of `num_classes` values; `prediction`, the class as
    float64: the greatest raw prediction, or, with `thresholds`, the greatest ratio of probability to threshold, the
    first of equals. MLeap takes a threshold of 0 otherwise than Spark; such an instance is not `in_mleap`.
    Source: org.apache.spark.ml.classification.ProbabilisticClassificationModel.
    """

    def __init__(self, num_classes: int, num_features: int, thresholds: Optional[Sequence[float]] = None) -> None:
        self.num_classes = num_classes
        self.num_features = num_features
        self.thresholds = None if thresholds is None else tuple(thresholds)
        self.in_mleap = not thresholds or 0.0 not in thresholds

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.num_features)]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        vector = ColumnType("vector", self.num_classes)
        return {"raw_prediction": vector, "probability": vector, "prediction": ColumnType("number")}

    def probabilities(self, raw: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """The probabilities of raw predictions, both of shape (rows, classes)."""
        raise NotImplementedError

    def outputs_of(self, raw: "np.ndarray[Any, Any]", ports: Sequence[str]) -> Dict[str, AnyColumn]:
        """The columns at these ports, of those that are made of raw predictions."""
        made: Dict[str, AnyColumn] = {"raw_prediction": Dense(raw)}
        by_thresholds = self.thresholds is not None and "prediction" in ports
        chosen = raw
        if by_thresholds or "probability" in ports:
            made["probability"] = Dense(self.probabilities(raw))
        if by_thresholds:
            with np.errstate(all="ignore"):
                chosen = made["probability"].values / np.array(self.thresholds)  # type: ignore[union-attr]
        if "prediction" in ports:
            made["prediction"] = Numbers(greatest(chosen, first_may_be_nan=not by_thresholds))
        return made

    def class_attributes(self) -> Dict[str, Value]:
        """The attributes that MLeap's classifiers have in common, those of trees at least."""
        thresholds = {} if self.thresholds is None else {"thresholds": double_list(self.thresholds)}
        return {
            "num_features": long(self.num_features),
            "num_classes": long(self.num_classes),
            **thresholds,
        }


def greatest(rows: "np.ndarray[Any, Any]", *, first_may_be_nan: bool = True) -> "np.ndarray[Any, Any]":
    """The place of each row's greatest value as float64, the first of equals.

    NaN is never greater than another value. Nothing is greater than a NaN in the first place either, as in Spark's
    `argmax`, unless `first_may_be_nan` is False, as in its loop over thresholds.
    """
    values = np.where(np.isnan(rows), -np.inf, rows)
    places: "np.ndarray[Any, Any]" = values.argmax(axis=1).astype(np.float64)
    if first_may_be_nan:
        places[np.isnan(rows[:, 0])] = 0.0
    return places


def normalized(raw: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Each row divided by its sum, taken in order; a RowError for a row of zeros, which Spark refuses."""
    sums = np.add.accumulate(raw, axis=1)[:, -1:]
    if not (sums > 0).all():
        raise RowError("its raw predictions are all 0", row=int(np.argmin(sums > 0)))
    made: "np.ndarray[Any, Any]" = raw / sums
    return made


def spark_thresholds(stage: Any) -> Optional[List[float]]:
    """The thresholds of a fitted classifier, or None; as many as it has classes, or UnsupportedStageError."""
    if not stage.isDefined("thresholds"):
        return None
    thresholds = [float(one) for one in stage.getOrDefault("thresholds")]
    if len(thresholds) != stage.numClasses:
        raise UnsupportedStageError(
            f"stage {stage.uid!r}: {len(thresholds)} thresholds for {stage.numClasses} classes",
            hint="set as many thresholds as there are classes",
        )
    return thresholds


def read_thresholds(attributes: Attributes, num_classes: int) -> Optional[List[float]]:
    """The thresholds of a bundle's classifier, or None; a BundleError where they are not one a class."""
    if "thresholds" not in attributes:
        return None
    thresholds = attributes.need_list("thresholds", float)
    if len(thresholds) != num_classes:
        raise BundleError(f"{attributes.where}: {len(thresholds)} thresholds for {num_classes} classes")
    return thresholds


def output_ports(stage: Any, **columns: str) -> Dict[str, str]:
    """The output ports of a fitted stage, each with the column that its parameter names; without those left empty."""
    names = {port: stage.getOrDefault(param) if stage.isDefined(param) else "" for port, param in columns.items()}
    return {port: name for port, name in names.items() if name}
