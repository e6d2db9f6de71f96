"""A scorer's columns by name, of columns that already keep the contract."""

from __future__ import annotations

import numpy as np
import pytest
from model_cases import SCHEMA, bundle_files, scorer_of

from pipeline.columns import Dense, Numbers, Text
from pipeline.data.requests import columns_of_rows
from pipeline.errors import DataError, SchemaError

ROWS = [["M", 0.5, 3], ["😀", -2.0, 4]]


def test_columns_made_and_raw() -> None:
    made = scorer_of(bundle_files()).transform_columns(columns_of_rows(ROWS, SCHEMA), ["features", "sex", "index"])
    features, sex, index = made.values()
    assert isinstance(features, Dense)
    assert isinstance(sex, Text)
    assert isinstance(index, Numbers)
    assert np.array_equal(features.values, [[1, 0, 0.5, 3], [0, 0, -2, 4]])
    assert [sex[0], sex[1]] == ["M", "😀"]
    assert index.values.tolist() == [0, 2]


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(SchemaError, match="no column 'age' in the bundle"):
        scorer_of(bundle_files()).transform_columns(columns_of_rows(ROWS, SCHEMA), ["age"])


def test_a_refused_row_is_counted_past_the_offset() -> None:
    columns = columns_of_rows([*ROWS, ["Z", 1.0, 1]], SCHEMA)
    with pytest.raises(DataError, match="row 3, column 'sex'"):
        scorer_of(bundle_files()).transform_columns(columns, ["features"])
    with pytest.raises(DataError, match="row 1003, column 'sex'"):
        scorer_of(bundle_files()).transform_columns(columns, ["features"], offset=1000)
