"""Feature values that float32 cannot hold: refused, as XGBoost's own DMatrix refuses them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import xgboost
from hypothesis import example, given
from hypothesis import strategies as st
from model_cases import FEATURE_NAMES, SCHEMA, bundle_files, features_of, raw, scorer_of, table_of, train

from pipeline.batch.score import score
from pipeline.columns import Dense, Sparse
from pipeline.data.requests import columns_of_rows
from pipeline.errors import DataError
from pipeline.packaging.archives import fused_archive
from pipeline.scoring import Scorer
from pipeline.scoring.float32 import TOO_LARGE, check_float32
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.outputs import Outputs
from pipeline.serving.endpoint import Endpoint
from pipeline.serving.settings import Settings

LARGEST = float(np.nextafter(TOO_LARGE, 0))
WRONG = [1e39, -1e39, TOO_LARGE, -TOO_LARGE, np.inf, -np.inf]


@pytest.fixture(scope="module")
def booster() -> xgboost.Booster:
    return train(features_of(table_of(300)), {"objective": "reg:squarederror"})


@pytest.fixture(scope="module")
def scorer(booster: xgboost.Booster) -> Scorer:
    return scorer_of(bundle_files(), raw(booster), features="features", feature_names=FEATURE_NAMES)


def with_x(rows: int, at: int, value: float) -> pa.Table:
    """Rows, one of which has this x."""
    table = table_of(rows)
    x = table["x"].to_numpy().copy()
    x[at] = value
    return table.set_column(1, "x", pa.array(x))


def accepts(check: object, *arguments: object) -> bool:
    try:
        check(*arguments)  # type: ignore[operator]
    except (DataError, xgboost.core.XGBoostError):
        return False
    return True


@given(st.floats())
@example(LARGEST)
@example(TOO_LARGE)
@example(-TOO_LARGE)
@example(3.4028234663852886e38)
def test_what_a_dmatrix_accepts_is_accepted(value: float) -> None:
    row = np.array([[0.5, value]])
    sparse = Sparse(np.array([0, 2]), np.arange(2, dtype=np.int32), row[0], 2)
    expected = accepts(xgboost.DMatrix, row)
    assert accepts(check_float32, Dense(row), ()) == expected
    assert accepts(check_float32, sparse, ()) == expected


@pytest.mark.parametrize("value", [LARGEST, -LARGEST, 3.4e38, 1e-60])
def test_what_is_accepted_predicts_what_xgboost_predicts(
    value: float, scorer: Scorer, booster: xgboost.Booster
) -> None:
    table = with_x(20, 7, value)
    expected = booster.predict(xgboost.DMatrix(np.vstack([part.values for part in scorer.features_of(table)])))
    assert scorer.predict(table).tobytes() == expected.tobytes()


@pytest.mark.parametrize("value", WRONG)
def test_row_feature_and_value_are_named(value: float, scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.scoring.chunks.CHUNK_ROWS", 10)
    table = with_x(40, 33, value)
    for predict in (scorer.predict, lambda table: Outputs(scorer).of_table(table)):
        with pytest.raises(DataError, match=r"the feature is -?([0-9.]+e\+3|Inf)") as caught:
            predict(table)
        assert (caught.value.row, caught.value.column) == (34, "x")
        assert float(caught.value.value) == value
    # Without a prediction it is a value like another.
    assert scorer.transform(table, ["features"])["features"][33].as_py()[2] == value


def test_a_row_is_counted_past_the_offset(scorer: Scorer) -> None:
    columns = columns_of_rows([["M", 1.0, 1], ["M", 1e39, 1]], SCHEMA)
    for predict in (scorer.predict_columns, Outputs(scorer).of_columns):
        with pytest.raises(DataError, match=r"row 1002, column 'x': the feature is 1e\+39"):
            predict(columns, offset=1000)
    with pytest.raises(DataError, match="row 1, column 'x'"):
        scorer.predict_one(["M", -1e39, 1])


def test_entries_of_sparse_rows_are_named() -> None:
    # The rows 0 and 2 store nothing.
    indptr, indices = np.array([0, 0, 2, 2, 4]), np.array([1, 5, 0, 3], dtype=np.int32)
    sparse = Sparse(indptr, indices, np.array([1.0, np.nan, 2.0, 1e300]), 6)
    with pytest.raises(DataError, match="row 14, column 'f3'"):
        check_float32(sparse, (), 10)
    with pytest.raises(DataError, match="row 4, column 'd'"):
        check_float32(sparse, tuple("abcdef"))


def test_an_endpoint_answers_400(scorer: Scorer) -> None:
    endpoint = Endpoint(scorer, Settings())
    rows = b"M,1.0,1\n" * 5 + b"M,1e39,1\n"
    for body, kind in (
        (rows, "text/csv"),
        (rows * 3000, "text/csv"),
        (b'{"data":[["M",1,1],["M",1e39,1]]}', "application/json"),
    ):
        with pytest.raises(DataError, match=r"column 'x': the feature is 1e\+39") as caught:
            endpoint.invoke(body, kind)
        assert caught.value.http_status == 400
        assert caught.value.row == (2 if kind == "application/json" else 6)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_batch_ends_with_the_row(name: str, booster: xgboost.Booster, tmp_path: Path) -> None:
    manifest = Manifest(features="features", feature_names=FEATURE_NAMES)
    model = fused_archive(bundle_files(), raw(booster), SCHEMA, manifest, tmp_path / "model.tar.gz")
    source = tmp_path / "in.csv"
    source.write_text("M,1.0,1\n" * 70_000 + "M,-1e39,1\n")
    with pytest.raises(DataError, match=r"in.csv, row 70001, column 'x': the feature is -1e\+39"):
        score(model, source, tmp_path / name)
    assert not (tmp_path / name).exists()
