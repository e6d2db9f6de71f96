"""Predictions of the native booster and scorer against XGBoost's own, to the last bit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
import xgboost
from model_cases import SCHEMA, abalone_nodes, files_of, table_of

from pipeline.bundle.reader import read_bundle
from pipeline.columns import Dense, Sparse
from pipeline.errors import DataError, ModelError
from pipeline.scoring.booster import Booster
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.scorer import Scorer

RANDOM = np.random.default_rng(5)
ROWS = np.where(RANDOM.random((400, 4)) < 0.1, np.nan, RANDOM.normal(size=(400, 4)))
PARAMETERS = [
    {"objective": "reg:squarederror", "base_score": 3.25},
    {"objective": "binary:logistic"},
    {"objective": "binary:hinge"},
    {"objective": "count:poisson"},
    {"objective": "reg:gamma"},
    {"objective": "multi:softmax", "num_class": 3},
    {"objective": "multi:softprob", "num_class": 3},
    {"objective": "reg:squarederror", "booster": "dart", "rate_drop": 0.3},
    {"objective": "reg:squarederror", "booster": "gblinear"},
]


def trained(parameters: dict[str, object]) -> xgboost.Booster:
    objective = str(parameters["objective"])
    places = np.arange(len(ROWS))
    label = places % 3 if objective.startswith("multi") else places % 2 if "binary" in objective else places / 50 + 0.5
    depth = {} if parameters.get("booster") == "gblinear" else {"max_depth": 4}
    return xgboost.train({**parameters, **depth, "seed": 3}, xgboost.DMatrix(ROWS, label), 12)


@pytest.mark.parametrize("form", ["ubj", "json"])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=lambda one: "-".join(map(str, one.values())))
def test_every_objective_predicts_what_xgboost_predicts(parameters: dict[str, object], form: str) -> None:
    reference = trained(parameters)
    booster = Booster(bytes(reference.save_raw(form)))
    matrix = xgboost.DMatrix(ROWS)
    for margin in (False, True):
        expected = reference.predict(matrix, output_margin=margin)
        made = booster.predict(Dense(ROWS), margin=margin)
        assert made.dtype == np.float32
        assert made.shape == expected.shape
        assert made.tobytes() == expected.tobytes()
        assert booster.predict(Dense(ROWS[:0]), margin=margin).shape == expected[:0].shape


@pytest.mark.parametrize("zeros_are_missing", [True, False])
def test_sparse_rows_keep_or_lose_their_zeros_as_the_model_was_trained(zeros_are_missing: bool) -> None:
    dense = np.where(RANDOM.random((300, 40)) < 0.8, 0.0, RANDOM.normal(size=(300, 40)))
    label = dense[:, 0] + dense[:, 1]
    missing = 0.0 if zeros_are_missing else np.nan
    matrix = xgboost.DMatrix(dense, label, missing=missing)
    reference = xgboost.train({"max_depth": 4}, matrix, 10)
    row, index = np.nonzero(dense)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=300))])
    sparse = Sparse(indptr, index.astype(np.int32), dense[row, index], 40)
    booster = Booster(bytes(reference.save_raw("ubj")), zeros_are_missing=zeros_are_missing)
    assert booster.predict(sparse).tobytes() == reference.predict(matrix).tobytes()
    assert booster.predict(Dense(dense)).tobytes() == reference.predict(matrix).tobytes()


@pytest.fixture(scope="module")
def reference() -> xgboost.Booster:
    table = table_of(500)
    features = Scorer(Parts(read_bundle(files_of(abalone_nodes())), SCHEMA, None, Manifest())).features_of(table)
    return xgboost.train({"max_depth": 4}, xgboost.DMatrix(features[0].values, table["x"].to_numpy()), 15)  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def scorer(reference: xgboost.Booster) -> Scorer:
    booster = bytes(reference.save_raw("ubj"))
    return Scorer(Parts(read_bundle(files_of(abalone_nodes())), SCHEMA, booster, Manifest()))


def test_a_table_in_chunks_predicts_as_one(
    scorer: Scorer, reference: xgboost.Booster, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = table_of(1000, 9)
    features = np.array(scorer.transform(table, ["features"])["features"].to_pylist())
    expected = reference.predict(xgboost.DMatrix(features))
    assert scorer.predict(table).tobytes() == expected.tobytes()
    monkeypatch.setattr("pipeline.scoring.chunks.CHUNK_ROWS", 7)
    assert scorer.predict(table).tobytes() == expected.tobytes()
    assert scorer.predict(table.slice(0, 0)).shape == (0,)


def test_one_row_by_name_or_in_order_is_the_tables_row(scorer: Scorer) -> None:
    table = table_of(50, 2)
    expected = scorer.predict(table)
    for row, value in zip(table.to_pylist(), expected, strict=True):
        assert np.float32(scorer.predict_one(row)) == value
        assert np.float32(scorer.predict_one(list(row.values()))) == value


def test_threads_share_a_scorer(scorer: Scorer) -> None:
    table = table_of(300, 4)
    expected = scorer.predict(table).tobytes()
    with ThreadPoolExecutor(8) as pool:
        assert all(made.tobytes() == expected for made in pool.map(lambda _: scorer.predict(table), range(64)))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"sex": "M", "x": 1.0}, "column 'n': the column is missing"),
        ({"sex": "M", "x": 1.0, "n": 1, "m": 2}, "column 'm': the column is not known"),
        ({"sex": None, "x": 1.0, "n": 1}, "row 1, column 'sex': the value is missing"),
        ({"sex": "Z", "x": 1.0, "n": 1}, "row 1, column 'sex': unseen label 'Z'"),
        ({"sex": "M", "x": "abc", "n": 1}, "row 1, column 'x': found 'abc'; expected a number"),
        ({"sex": "M", "x": True, "n": 1}, "column 'x': found True"),
        ({"sex": "M", "x": 1.0, "n": 1.5}, "column 'n': found 1.5; expected a whole number"),
        (["M", 1.0], "2 values; expected 3: sex, x, n"),
        ("M", "a list of values or an object"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_with_its_place(scorer: Scorer, row: object, words: str) -> None:
    with pytest.raises(DataError) as caught:
        scorer.predict_one(row)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_a_bad_row_of_a_table_is_counted_across_chunks(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.scoring.chunks.CHUNK_ROWS", 10)
    table = table_of(40)
    sexes = table["sex"].to_pylist()
    sexes[33] = "Z"
    with pytest.raises(DataError) as caught:
        scorer.predict(table.set_column(0, "sex", pa.array(sexes)))
    assert (caught.value.row, caught.value.column) == (34, "sex")


def test_a_booster_of_another_width_is_refused() -> None:
    narrow = xgboost.train({}, xgboost.DMatrix(np.zeros((4, 3)), np.arange(4)), 2)
    with pytest.raises(ModelError, match="takes 3 features, the bundle makes 4"):
        Scorer(Parts(read_bundle(files_of(abalone_nodes())), SCHEMA, bytes(narrow.save_raw("ubj")), Manifest()))
