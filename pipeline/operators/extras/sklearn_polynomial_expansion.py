"""sklearn_polynomial_expansion: the products of a vector's values that a text lists."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Operator, RowError
from pipeline.operators.values import brief, string

_TERM = re.compile(r"x(\d+)(?:\^(\d+))?", re.ASCII)
_DIGITS = 9


class SklearnPolynomialExpansion(Operator):
    """scikit-learn's PolynomialFeatures as MLeap writes it: the names of its outputs, [x0,x1,x0^2,x0 x1,x1^2].

    In: vectors at least as long as the highest number asks. Out: dense, a product for each name, 1.0 for a name without
    an x. Powers may differ from Java's in the last digit.
    Source: ml.combust.mleap.core.sklearn.PolynomialFeaturesModel.
    """

    op = "sklearn_polynomial_expansion"

    def __init__(self, combinations: str) -> None:
        self.combinations = combinations
        self._products = [_terms(name) for name in combinations.split(",")]
        self._size = 1 + max((feature for terms in self._products for feature, _ in terms), default=0)

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "SklearnPolynomialExpansion":
        combinations: str = attributes.need("combinations", str)
        if any(len(digits) > _DIGITS for term in _TERM.findall(combinations) for digits in term):
            raise BundleError(f"{attributes.where}: a number in combinations {brief(combinations)} is too large")
        return cls(combinations)

    def attributes(self) -> Dict[str, Any]:
        return {"combinations": string(self.combinations)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self._size)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", len(self._products))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = inputs[0]
        assert isinstance(column, (Dense, Sparse))
        made = np.ones((len(column), len(self._products)))
        if len(column):
            if column.size < self._size:
                problem = f"a vector of {column.size} values"
                raise RowError(problem, row=0, expected=f"{self._size} values or more")
            values = column.dense().values if isinstance(column, Sparse) else column.values
            with np.errstate(all="ignore"):
                for place, terms in enumerate(self._products):
                    for feature, power in terms:
                        made[:, place] *= np.power(values[:, feature], power)
        return [Dense(made)]


def _terms(name: str) -> List[Tuple[int, float]]:
    """The features of a product with their powers."""
    return [(int(feature), float(power or 1)) for feature, power in _TERM.findall(name)]
