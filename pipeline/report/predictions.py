"""What the model said about the test rows, beside what was true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReportData:
    """The test rows' actual and predicted values, in one order; copied to float64.

    label: (n,). Regression: the label itself. Classification: the class as its index, 0 to k-1.
    prediction: (n,) regression value or probability of class 1; (n, k) probabilities for multi-class.
    No nulls, no NaN; n may be 0, and the page then has no evaluation plots.
    """

    label: Floats
    prediction: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", np.array(self.label, dtype=np.float64))
        object.__setattr__(self, "prediction", np.array(self.prediction, dtype=np.float64))

    @property
    def rows(self) -> int:
        return len(self.label)
