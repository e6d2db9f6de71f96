"""support_vector_machine: MLeap's own model of two classes, with thresholds and no probabilities."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes
from pipeline.operators.models.classifier import ProbabilisticClassifier, greatest, read_thresholds
from pipeline.operators.models.linear import LinearFunctions


class SupportVectorMachine(ProbabilisticClassifier):
    """MLeap's `SupportVectorMachineModel`; Spark has none.

    In: vectors. Out: `raw_prediction`, the margins -m and m; `probability`, the same margins; `prediction`, float64:
    the greatest margin, or, with `thresholds`, the greatest ratio of margin to threshold, a threshold of 0 being
    infinitely good.
    Source: ml.combust.mleap.core.classification.SupportVectorMachineModel.
    """

    op = "support_vector_machine"

    def __init__(self, function: LinearFunctions, thresholds: Optional[Sequence[float]] = None) -> None:
        super().__init__(2, function.size, thresholds)
        self.function = function
        self.in_mleap = True

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "SupportVectorMachine":
        if attributes.need("num_classes", int, 2) != 2:
            raise BundleError(f"{attributes.where}: num_classes is not 2")
        return cls(LinearFunctions.from_attributes(attributes), read_thresholds(attributes, 2))

    def attributes(self) -> Dict[str, Any]:
        return {**self.class_attributes(), **self.function.attributes()}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        margin = self.function.margin(inputs[0])
        margins = np.stack([-margin, margin], axis=1)
        chosen = margins
        if self.thresholds is not None:
            thresholds = np.array(self.thresholds)
            with np.errstate(all="ignore"):
                chosen = np.where(thresholds == 0, np.inf, margins / thresholds)
        column = Dense(margins)
        return {"raw_prediction": column, "probability": column, "prediction": Numbers(greatest(chosen))}
