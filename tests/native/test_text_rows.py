"""Compiled rows of text against the operators and libxgboost: the same bits, and no row scored that they refuse."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse
import xgboost
from hypothesis import given
from hypothesis import strategies as st
from native_cases import node

from pipeline.bundle.reader import Bundle
from pipeline.columns import Dense
from pipeline.errors import DataError
from pipeline.operators.base import Node
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.operators.text.count_vectorizer import CountVectorizer
from pipeline.operators.text.hashing_tf import HashingTF
from pipeline.operators.text.idf import IDF
from pipeline.operators.text.ngram import NGram
from pipeline.operators.text.regex_tokenizer import RegexTokenizer
from pipeline.operators.text.stop_words_remover import StopWordsRemover
from pipeline.operators.text.tokenizer import Tokenizer
from pipeline.schema.arrow import arrow_type
from pipeline.schema.contract import Column, Schema
from pipeline.scoring import Scorer
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest

SCHEMA = Schema((Column("t", "string", nullable=True), Column("n", "double", nullable=True), Column("k", "string")))
WORDS = ("the", "The", "a", "spark", "pipeline", "X_1", "1.5", "don't", "naïve", "", "-")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join) | st.text("ab \t\n\x0b\f\rÄ_-", max_size=12)
NUMBERS = st.floats(width=32) | st.sampled_from([0.0, -0.0, 1e300]) | st.none()
ROWS = st.tuples(TEXTS | st.none(), NUMBERS, st.sampled_from(["u", "v", "w"]))
TOKENIZERS = (
    Tokenizer(),
    RegexTokenizer(r"\s+", gaps=True, least=1, lower=True),
    RegexTokenizer(r"\W", gaps=True, least=2, lower=False),
    RegexTokenizer(r"\w+", gaps=False, least=1, lower=True),
    RegexTokenizer(r"\S+", gaps=False, least=3, lower=False),
)
SIZES = (7, 300, 5000, 1 << 15)
SEEDS = 30
# What is trained on, all of it scored: no null, no other text than ASCII.
PLAIN = [word for word in WORDS if word.isascii()]


def nodes_of(random: np.random.Generator) -> list[Node]:
    """A pipeline of text operators, alone or beside numbers, whose last column is `features`."""
    nodes = [node(TOKENIZERS[random.integers(len(TOKENIZERS))], ["t"], {"output": "tokens"})]
    words = "tokens"
    if random.integers(2):
        nodes.append(node(StopWordsRemover(["THE", "a", "ç"], bool(random.integers(2))), [words], {"output": "kept"}))
        words = "kept"
    if random.integers(2):
        nodes.append(node(NGram(int(random.integers(1, 4))), [words], {"output": "grams"}))
        words = "grams"
    if random.integers(3):
        size = int(random.choice(SIZES))
        terms: Any = HashingTF(size, binary=bool(random.integers(2)), version=int(random.integers(1, 3)))
    else:
        vocabulary = [*PLAIN, "spark spark", "naïve", "the spark"]
        size, terms = len(vocabulary), CountVectorizer(vocabulary, bool(random.integers(2)), 1.0)
    nodes.append(node(terms, [words], {"output": "counts"}))
    made = "counts"
    if random.integers(2):
        idf = np.where(random.random(size) < 0.2, 0.0, random.normal(size=size))
        nodes.append(node(IDF(idf, [1] * size, 9), ["counts"], {"output": "weighed"}))
        made = "weighed"
    inputs, sizes = [made], [size]
    if random.integers(2):
        nodes.append(node(StringIndexer(["u", "v"], "keep"), ["k"], {"output": "index"}))
        inputs, sizes = ["n", made, "index", "counts"], [1, size, 1, size]
    policy = "keep" if random.integers(2) else "error"
    nodes.append(node(VectorAssembler(sizes, policy, [size == 1 for size in sizes]), inputs, {"output": "features"}))
    return nodes


@functools.cache
def scorer_of(seed: int) -> Scorer:
    random = np.random.default_rng(seed)
    bundle = Bundle("text", "json", "0.23.4", tuple(nodes_of(random)))
    features = Scorer(Parts(bundle, SCHEMA, None, Manifest(features="features")))
    rows = [
        (" ".join(random.choice(PLAIN, random.integers(9))), float(random.normal()), str(random.choice(["u", "v"])))
        for _ in range(200)
    ]
    vectors = features.features_of(table_of(rows))[0]
    zeros_are_missing = bool(random.integers(2))
    if isinstance(vectors, Dense):
        matrix = scipy.sparse.csr_matrix(vectors.values) if zeros_are_missing else vectors.values
    else:
        matrix = scipy.sparse.csr_matrix((vectors.values, vectors.indices, vectors.indptr), (200, vectors.size))
        matrix = matrix if zeros_are_missing or vectors.size > 9000 else matrix.toarray()
    data = xgboost.DMatrix(matrix, random.normal(size=200))
    booster = xgboost.train({"max_depth": 4, "nthread": 1, "eta": 1}, data, 9)
    manifest = Manifest(features="features", zeros_are_missing=zeros_are_missing)
    return Scorer(Parts(bundle, SCHEMA, bytes(booster.save_raw("ubj")), manifest))


def table_of(rows: list[Any]) -> Any:
    arrays = [
        pa.array(values, type=arrow_type(column))
        for column, values in zip(SCHEMA.columns, zip(*rows, strict=True), strict=True)
    ]
    return pa.table(arrays, names=SCHEMA.names)


def by_operators(scorer: Scorer, table: Any) -> Any:
    """What operators and libxgboost say; None where they refuse a row."""
    assert scorer.booster is not None
    try:
        vectors = scorer.features_of(table)
        scorer.predict_features(vectors)
    except DataError:
        return None
    return np.concatenate([scorer.booster._by_library(part, False) for part in vectors])


def same(made: Any, due: Any) -> bool:
    return due is not None and made.shape == due.shape and bool((made.view(np.int32) == due.view(np.int32)).all())


@given(st.lists(ROWS, min_size=1, max_size=8), st.integers(0, SEEDS - 1))
def test_texts(rows: list[Any], seed: int) -> None:
    scorer = scorer_of(seed)
    assert scorer.rows is not None
    table = table_of(rows)
    due = by_operators(scorer, table)
    made = scorer.rows.of_rows(rows)
    assert (made is None) == (due is None or not is_plain(rows, scorer))
    assert made is None or same(made, due)
    in_table = scorer.rows.of_table(table)
    assert in_table is None if made is None else same(in_table, due)
    if due is not None:
        assert [scorer.predict_one(row) for row in rows] == due.astype(float).tolist()
        assert same(scorer.predict(table), due)


def is_plain(rows: list[Any], scorer: Scorer) -> bool:
    """Whether what the pipeline reads is ASCII and finite."""
    reads = set(scorer._raw)
    return all(
        (row[0] is None or row[0].isascii()) and ("n" not in reads or row[1] is None or not np.isinf(row[1]))
        for row in rows
    )


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_row_leaves_nothing_behind(seed: int) -> None:
    scorer = scorer_of(seed)
    assert scorer.rows is not None
    random = np.random.default_rng(seed)
    rows = [(" ".join(random.choice(PLAIN, random.integers(30))), float(random.normal()), "u") for _ in range(99)]
    due = by_operators(scorer, table_of(rows))
    for row, value in zip(rows, due.tolist(), strict=True):
        assert scorer.rows.of_row(("the ü", 1.0, "u")) is None
        assert scorer.rows.of_row(row) == value
    text = "".join(f"{row[0]},{row[1]!r},u\n" for row in rows if row[0])
    assert same(scorer.rows.of_csv(text.encode()), due[[bool(row[0]) for row in rows]])
    lines = [f"{row[0]},{row[1]!r},u".encode() for row in rows if row[0]]
    assert [scorer.rows.of_line(line) for line in lines] == due[[bool(row[0]) for row in rows]].tolist()


def test_a_factor_that_makes_too_much_is_left_to_the_operators() -> None:
    nodes = [
        node(Tokenizer(), ["t"], {"output": "tokens"}),
        node(HashingTF(7, binary=False), ["tokens"], {"output": "counts"}),
        node(IDF([1e38] * 7, [1] * 7, 9), ["counts"], {"output": "features"}),
    ]
    booster = xgboost.train({"max_depth": 2}, xgboost.DMatrix(np.eye(7), np.arange(7)), 2)
    parts = Parts(Bundle("text", "json", "0.23.4", tuple(nodes)), SCHEMA, bytes(booster.save_raw("ubj")), Manifest())
    scorer = Scorer(parts)
    assert scorer.rows is None
    with pytest.raises(DataError, match="row 1"):
        scorer.predict_one((" ".join("aaaaaaaaaaaa"), 1.0, "u"))
