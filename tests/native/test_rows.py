"""Compiled rows against the operators: the same bits, and no row scored that they refuse."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_cases import LABELS, SCHEMA, booster, feature_count, feature_nodes, node, parts, regression

from pipeline.data.requests import columns_of_lines, columns_of_rows
from pipeline.errors import DataError
from pipeline.operators.features.imputer import Imputer
from pipeline.schema.contract import Column, Schema
from pipeline.scoring import Scorer
from pipeline.scoring.compiled_rows import CompiledRows, compiled_rows
from pipeline.scoring.plan import Plan, run

NUMBER = Schema((Column("n", "double"),))
INTS = st.integers(-(2**31), 2**31 - 1)
LONGS = st.integers(-(2**63), 2**63 - 1) | st.integers(-100, 100)
NUMBERS = st.floats(allow_infinity=False, width=32) | st.sampled_from([0.0, -0.0, -1.0, 1e300, 5e-324])
WORDS = st.sampled_from([*LABELS, "unseen", "ǘ"]) | st.none()
ROWS = st.tuples(WORDS, NUMBERS | st.none(), st.floats(width=32, allow_nan=False), INTS, LONGS, st.booleans(), WORDS)


def text_of(rows: list[tuple[Any, ...]]) -> bytes:
    """The rows as CSV; a text that would need quotes gets none, so that it stays plain."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
    writer.writerows([["" if value is None else str(value) for value in row] for row in rows])
    return file.getvalue().encode()


def scorers(seed: int, **settings: Any) -> Scorer:
    random = np.random.default_rng(seed)
    nodes = feature_nodes(random)
    scorer = Scorer(parts(nodes, booster(random, feature_count(nodes), **settings)), threads=2)
    assert scorer.rows is not None
    return scorer


SCORERS = [scorers(0), scorers(1, max_depth=3), scorers(2, objective="multi:softprob", num_class=3), scorers(3)]


def by_operators(scorer: Scorer, columns: Any) -> np.ndarray[Any, Any] | None:
    """What operators and libxgboost say; None where they refuse a row."""
    try:
        vectors = scorer.features_of_columns(columns())
        scorer.predict_features([vectors])
    except DataError:
        return None
    assert scorer.booster is not None
    return scorer.booster._by_library(vectors, False)


def same(made: np.ndarray[Any, Any], due: np.ndarray[Any, Any]) -> bool:
    return made.shape == due.shape and bool((made.view(np.int32) == due.view(np.int32)).all())


@given(st.lists(ROWS, min_size=1, max_size=20), st.integers(0, len(SCORERS) - 1))
def test_rows_of_values(rows: list[tuple[Any, ...]], which: int) -> None:
    scorer = SCORERS[which]
    assert scorer.rows is not None
    forms: list[list[Any]] = [
        rows,
        [list(row) for row in rows],
        [dict(zip(SCHEMA.names, row, strict=True)) for row in rows],
    ]
    due = by_operators(scorer, lambda: columns_of_rows(rows, SCHEMA))
    for form in forms:
        made = scorer.rows.of_rows(form)
        assert (made is None) == (due is None)
        assert made is None or due is None or same(made, due)
    if due is not None and due.ndim == 1:
        assert [scorer.rows.of_row(row) for row in rows] == due.astype(float).tolist()


@given(st.lists(ROWS, min_size=1, max_size=20), st.integers(0, len(SCORERS) - 1), st.booleans())
def test_lines(rows: list[tuple[Any, ...]], which: int, windows: bool) -> None:
    scorer = SCORERS[which]
    assert scorer.rows is not None
    text = text_of(rows)
    due = by_operators(scorer, lambda: columns_of_lines(text.decode().split("\n")[:-1], SCHEMA))
    made = scorer.rows.of_csv(text.replace(b"\n", b"\r\n") if windows else text)
    # What is read the long way may still be good: NaN and infinity by name, say.
    assert made is None or (due is not None and same(made, due))
    plain = due is not None and not any(
        isinstance(value, float) and not math.isfinite(value) for row in rows for value in row
    )
    assert not plain or made is not None


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 10**18, -1])
def test_every_long_is_read(number: int) -> None:
    scorer = SCORERS[0]
    assert scorer.rows is not None
    row = ("M", 0.5, 1.0, 1, number, True, "x")
    assert scorer.rows.of_csv(text_of([row])) == scorer.rows.of_rows([row])


@given(st.text("0123456789.eE+-", min_size=1, max_size=24) | st.floats().map(repr) | st.decimals().map(str))
def test_decimals(text: str) -> None:
    identity = number_rows()
    made = identity.of_csv(text.encode() + b"\n")
    try:
        due = columns_of_lines([text], NUMBER)["n"].values[0]
    except DataError:
        assert made is None
        return
    assert made is None or made.tobytes() == np.float64(due).tobytes() or (np.isnan(made[0]) and np.isnan(due))
    assert made is not None or not math.isfinite(due)


@pytest.mark.parametrize("text", ["9" * 400, "0." + "0" * 300 + "1", "1e-400", "123456789012345678901234567890e-20"])
def test_long_decimals(text: str) -> None:
    made = number_rows().of_csv(text.encode())
    assert made is None or made[0] == float(text)


@pytest.mark.parametrize("seed", range(6))
def test_models_of_spark(seed: int) -> None:
    random = np.random.default_rng(seed)
    nodes = feature_nodes(random)
    width = feature_count(nodes)
    nodes.append(node(regression(random, width), ["features"], {"prediction": "prediction"}))
    steps = Plan(nodes).needed(["prediction"])
    rows = compiled_rows(steps, SCHEMA, "prediction", None)
    assert rows is not None
    table = [
        (str(random.choice(LABELS)), *random.normal(size=2).astype(np.float32).tolist(), 3, 4, True, None)
        for _ in range(99)
    ]
    due = run(steps, columns_of_rows(table, SCHEMA))["prediction"].values
    made = rows.of_rows(table)
    assert made is not None
    assert (made.view(np.int64) == due.view(np.int64)).all()
    assert [rows.of_row(row) for row in table] == due.tolist()
    scorer = Scorer(parts(nodes, None))
    assert [scorer.transform_one(row, "prediction") for row in table] == due.tolist()
    assert scorer.transform_one(table[0], "sex_index") == LABELS.index(table[0][0])
    assert len(scorer.transform_one(table[0], "features")) == width


@pytest.mark.parametrize(
    "text",
    [b"", b"\n\r\n", b"M,1,1,1,1,true\n", b"M,1,1,1,1,true,x,y\n", b'"M",1,1,1,1,true,x\n', b"\xff,1,1,1,1,true,x\n"],
)
def test_what_is_no_row_is_left_to_the_operators(text: bytes) -> None:
    assert SCORERS[0].rows is not None
    assert SCORERS[0].rows.of_csv(text) is None


@pytest.mark.parametrize(
    "row",
    [
        None,
        7,
        "row",
        [],
        [1] * 7,
        {"sex": "M"},
        ("M", 1.0, 1.0, 1, 1, True, "\ud800"),
        ("M", 10**400, 1.0, 1, 1, True, "x"),
    ],
)
def test_what_is_no_list_of_values_is_left_to_the_operators(row: Any) -> None:
    assert SCORERS[0].rows is not None
    assert SCORERS[0].rows.of_row(row) is None
    assert SCORERS[0].rows.of_rows([row]) is None


def test_large_texts_are_cut_at_lines() -> None:
    scorer = SCORERS[0]
    assert scorer.rows is not None
    lines = [f"M,{at / 7},{at % 9},{at},{-at},true,{'y' * (at % 50)}\n" for at in range(60_000)]
    made = scorer.rows.of_csv("".join(lines).encode())
    first = scorer.rows.of_csv("".join(lines[:500]).encode())
    assert made is not None
    assert first is not None
    assert len(made) == len(lines)
    assert (made[:500] == first).all()
    assert scorer.rows.of_csv("".join([*lines, "M,x,1,1,1,true,z\n"]).encode()) is None


def number_rows() -> CompiledRows:
    """The number of a single column, as it is."""
    steps = Plan([node(Imputer(0.0, 1.25e-300, "mean"), ["n"], {"output": "m"})]).needed(["m"])
    made = compiled_rows(steps, NUMBER, "m", None)
    assert made is not None
    return made
