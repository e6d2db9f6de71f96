"""Large pipelines, one row and many: wide text, and 50 mixed columns with 1,000 trees; MLeap's runtime in turn.

python -m benchmarks.large [--rows 20000] [--rounds 5]

`text`: tokenizer, HashingTF of 2^18 features, IDF, 100 trees; MLeap's runtime makes the features alone. `mixed`: 20
texts indexed and encoded, 30 numbers, 1,000 trees of depth 8; to MLeap's features comes the time that
`inplace_predict` needs for theirs.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import scipy.sparse
import xgboost

from benchmarks.common import save
from benchmarks.jvm_loop import MLeap
from pipeline.bundle.archive import read_files
from pipeline.bundle.pack import write_files
from pipeline.bundle.reader import read_bundle
from pipeline.bundle.writer import nodes_files
from pipeline.columns import Sparse
from pipeline.operators.base import Node, Shape
from pipeline.operators.features.one_hot_encoder import OneHotEncoder
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.operators.text.hashing_tf import HashingTF
from pipeline.operators.text.idf import IDF
from pipeline.operators.text.tokenizer import Tokenizer
from pipeline.packaging.archives import fused_archive
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.scorer import Scorer

WORDS_A_ROW, WIDE = 20, 1 << 18
_WORDS = 50_000
_TEXTS, _NUMBERS, _LABELS = 20, 30, 6
_ONE_ROW_CALLS, _JVM_CALLS = 20_000, 5000


@dataclass(frozen=True)
class Case:
    """A pipeline with its booster, and rows for it."""

    scorer: Scorer
    bundle: Path
    booster: xgboost.Booster
    table: pa.Table

    def archive(self, folder: Path) -> Path:
        """The fused archive of both."""
        files, booster = read_files(self.bundle), bytes(self.booster.save_raw("ubj"))
        path = folder / f"{self.bundle.stem}.tar.gz"
        return fused_archive(files, booster, self.scorer.schema, self.scorer.manifest, path)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=20_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--output", type=Path)
    options = arguments.parse_args()
    mleap, results = MLeap(), {}
    with tempfile.TemporaryDirectory() as name:
        for kind, make, with_booster in (("text", text, False), ("mixed", mixed, True)):
            found = timed(make(options.rows, Path(name)), mleap, options.rounds, with_booster)
            results[kind] = found
            for what in ("one_row", "bulk"):
                ours, peer = found[what]["ours"], found[what]["peer"]
                print(f"{kind}, {what}: {ours * 1e6:,.1f} us, the peer {peer * 1e6:,.1f}: {peer / ours:.1f} times")
    save("large", {"rows": options.rows, **results}, options.output)


def timed(case: Case, mleap: MLeap, rounds: int, with_booster: bool) -> dict[str, dict[str, float]]:
    """Median seconds of one row and of all, ours and the peer's, in turn after a round that warms."""
    transformer = mleap.load(str(case.bundle))
    one = case.table.slice(0, 1)
    frames = {"one_row": mleap.frame(one), "bulk": mleap.frame(case.table)}
    ready = {"one_row": _ready(case, one), "bulk": _ready(case, case.table)}
    row = [column[0].as_py() for column in one.columns]
    figures: dict[str, dict[str, list[float]]] = {what: {"ours": [], "peer": []} for what in frames}
    for turn in range(rounds + 1):
        for what, frame in frames.items():
            if what == "bulk":
                ours, calls = _seconds(lambda: case.scorer.predict(case.table), 1), 1
            else:
                ours, calls = _seconds(lambda: case.scorer.predict_one(row), _ONE_ROW_CALLS), _JVM_CALLS
            peer = mleap.seconds(transformer, frame, calls) / calls
            if with_booster:
                features = ready[what]
                peer += _seconds(lambda x=features: case.booster.inplace_predict(x), max(1, calls // 50))
            if turn:
                figures[what]["ours"].append(ours)
                figures[what]["peer"].append(peer)
    return {what: {who: statistics.median(v) for who, v in found.items()} for what, found in figures.items()}


def _seconds(call: Callable[[], Any], times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - started) / times


def _ready(case: Case, table: pa.Table) -> Any:
    return _matrix(case.scorer.features_of(table))


def _matrix(parts: list[Any]) -> Any:
    """Chunks of vectors as XGBoost takes them."""
    if not isinstance(parts[0], Sparse):
        return np.concatenate([part.values for part in parts]).astype(np.float32)
    shaped = [scipy.sparse.csr_matrix((p.values, p.indices, p.indptr), shape=(len(p), p.size)) for p in parts]
    return scipy.sparse.vstack(shaped, format="csr").astype(np.float32)


def text(rows: int, folder: Path, *, words: int = WORDS_A_ROW, width: int = WIDE) -> Case:
    """Sentences of so many words of 50,000, hashed to so many features."""
    random = np.random.default_rng(1)
    drawn = random.zipf(1.3, (rows, words)) % _WORDS
    table = pa.table({"sentence": [" ".join(f"word{at}" for at in row) for row in drawn]})
    idf = IDF(random.random(width) * 5, [1] * width, rows)
    nodes = [
        Node("tokenizer", Tokenizer(), Shape({"input": "sentence"}, {"output": "words"})),
        Node("hashing", HashingTF(width, binary=False), Shape({"input": "words"}, {"output": "counts"})),
        Node("idf", idf, Shape({"input": "counts"}, {"output": "features"})),
    ]
    return _case(nodes, Schema((Column("sentence", "string"),)), table, folder / "text.zip", depth=5, trees=100)


def mixed(rows: int, folder: Path) -> Case:
    """20 texts of six words each and 30 numbers."""
    random = np.random.default_rng(1)
    labels = [f"label {at}" for at in range(_LABELS)]
    columns: dict[str, Any] = {f"t{at}": random.choice(labels, rows) for at in range(_TEXTS)}
    columns |= {f"n{at}": random.normal(size=rows) for at in range(_NUMBERS)}
    nodes = [
        Node(f"indexer{at}", StringIndexer(labels, "error"), Shape({"input": f"t{at}"}, {"output": f"index{at}"}))
        for at in range(_TEXTS)
    ]
    indices = {f"input{at}": f"index{at}" for at in range(_TEXTS)}
    hot = {f"output{at}": f"hot{at}" for at in range(_TEXTS)}
    nodes.append(Node("encoder", OneHotEncoder([_LABELS] * _TEXTS, True, "error"), Shape(indices, hot)))
    together = [*hot.values(), *(f"n{at}" for at in range(_NUMBERS))]
    sizes = [_LABELS - 1] * _TEXTS + [1] * _NUMBERS
    assembler = VectorAssembler(sizes, "error", [False] * _TEXTS + [True] * _NUMBERS)
    shape = Shape({f"input{at}": name for at, name in enumerate(together)}, {"output": "features"})
    nodes.append(Node("assembler", assembler, shape))
    kinds = [Column(f"t{at}", "string") for at in range(_TEXTS)] + [
        Column(f"n{at}", "double") for at in range(_NUMBERS)
    ]
    return _case(nodes, Schema(tuple(kinds)), pa.table(columns), folder / "mixed.zip", depth=8, trees=1000)


def _case(nodes: list[Node], schema: Schema, table: pa.Table, path: Path, *, depth: int, trees: int) -> Case:
    write_files(nodes_files(path.stem, nodes), path)
    bundle = read_bundle(path)
    features = _matrix(Scorer(Parts(bundle, schema, None, Manifest())).features_of(table))
    label = np.random.default_rng(2).normal(size=table.num_rows) + np.asarray(features.sum(axis=1)).ravel()
    booster = xgboost.train({"max_depth": depth, "eta": 0.1}, xgboost.DMatrix(features, label), trees)
    parts = Parts(bundle, schema, bytes(booster.save_raw("ubj")), Manifest(features="features"))
    return Case(Scorer(parts), path, booster, table)


if __name__ == "__main__":
    main()
