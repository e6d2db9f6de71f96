"""max_abs_scaler as MLeap writes it; what Spark's model means is compared in test_standard_scaler."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from text_cases import from_attributes

from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import ColumnType, RowError
from pipeline.operators.features.max_abs_scaler import MaxAbsScaler


def test_values_are_multiplied_and_not_clipped() -> None:
    operator = from_attributes(MaxAbsScaler, maxAbs=np.array([49.0, 0.0]))
    made = operator.apply([Dense(np.array([[98.0, 3.0], [7.0, -0.0], [math.nan, math.inf]]))])[0].values
    expected = np.array([[98.0 * (1 / 49.0), 3.0], [7.0 * (1 / 49.0), -0.0], [math.nan, math.inf]])
    assert made.tobytes() == expected.tobytes()


def test_sparse_vectors_stay_sparse() -> None:
    operator = MaxAbsScaler(np.array([2.0, 4.0, 8.0]))
    column = Sparse(np.array([0, 2, 2]), np.array([0, 2], dtype=np.int32), np.array([1.0, 2.0]), 3)
    made = operator.apply([column])[0]
    assert isinstance(made, Sparse)
    assert made.values.tolist() == [0.5, 0.25]


def test_the_attributes_come_back() -> None:
    operator = MaxAbsScaler(np.array([2.0, 4.0]))
    assert operator.attributes()["maxAbs"]["double"] == [2.0, 4.0]
    assert operator.output_types(operator.input_types(1)) == [ColumnType("vector", 2)]


def test_a_longer_vector_is_refused() -> None:
    with pytest.raises(RowError, match="a vector of 3 values"):
        MaxAbsScaler(np.ones(2)).apply([Dense(np.zeros((1, 3)))])


@pytest.mark.parametrize("values", [{}, {"maxAbs": np.zeros((1, 1))}, {"maxAbs": [1.0]}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(MaxAbsScaler, **values)
