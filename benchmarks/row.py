"""One row in process, from parsed values to its score: MLeap's runtime and XGBoost beside ours, in turn.

python -m benchmarks.row [--data abalone.csv] [--calls 20000] [--rounds 5]

MLeap's runtime computes abalone's features alone, ours the booster's prediction too. So does ONNX Runtime, from arrays
made before, where it is installed (`make bench` installs it). `linear` and `forest` are of the kind of MLeap's own
benchmark: indexers, encoders, assembler, scaler, then a regression or a forest of 20 trees, with MLeap's runtime and
ours doing the same.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks import onnx_peer
from benchmarks.common import abalone_model, abalone_rows, save
from benchmarks.jvm_loop import MLeap
from pipeline.bundle.archive import read_files
from pipeline.bundle.pack import write_files
from pipeline.bundle.writer import nodes_files
from pipeline.operators.base import Node, Operator, Shape
from pipeline.operators.features.one_hot_encoder import OneHotEncoder
from pipeline.operators.features.standard_scaler import StandardScaler
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.operators.models.linear import LinearFunctions
from pipeline.operators.models.linear_regression import LinearRegression
from pipeline.operators.trees.decision_tree_regression import DecisionTreeRegression
from pipeline.operators.trees.random_forest_regression import RandomForestRegression
from pipeline.operators.trees.tree import LEAF, Tree
from pipeline.schema.contract import Column, Schema
from pipeline.scoring import Scorer
from pipeline.scoring.load import BUNDLE

_TEXTS, _NUMBERS, _LABELS, _TREES, _DEPTH = 4, 8, 6, 20, 5


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--calls", type=int, default=20000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--output", type=Path)
    options = arguments.parse_args()
    mleap = MLeap()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = abalone_rows(options.data)
        archive, booster, features = abalone_model(lines, folder)
        scorer = Scorer.load(archive, threads=1)
        rows = [(text, *map(float, numbers)) for text, *numbers in (line.split(",") for line in lines)]
        values = rows[0]
        files = read_files(archive)
        bundle = write_files(
            {at[len(BUNDLE) :]: text for at, text in files.items() if at.startswith(BUNDLE)}, folder / "b.zip"
        )
        transformer, frame = mleap.load(str(bundle)), mleap.frame(_table(scorer.schema, values))
        booster.set_param({"nthread": 1})
        one = features[:1]
        few = options.calls // 100
        calls = {
            "ours": (lambda: _loop(scorer.predict_one, values, options.calls), options.calls),
            "mleap_features": (lambda: mleap.seconds(transformer, frame, options.calls), options.calls),
            "inplace_predict": (lambda: _loop(booster.inplace_predict, one, few), few),
        }
        if onnx_peer.is_here():
            session = onnx_peer.session(booster, folder)
            off = onnx_peer.largest_difference(session, rows, [scorer.predict_one(row) for row in rows])
            print(f"ONNX Runtime {version('onnxruntime')}: at most {off:.1e} of a prediction from ours")
            run, columns = partial(session.run, [session.get_outputs()[0].name]), onnx_peer.inputs(rows[:1])
            some = options.calls // 10
            calls["onnxruntime"] = (lambda: _loop(run, columns, some), some)
        results["abalone"] = _microseconds(calls, options.rounds)
        for kind, model in (("linear", _linear()), ("forest", _forest())):
            scorer, path, values = _pipeline(model, folder / f"{kind}.zip")
            transformer, frame = mleap.load(str(path)), mleap.frame(_table(scorer.schema, values))
            results[kind] = _microseconds(
                {
                    "ours": (lambda s=scorer, v=values: _columns(s, v, options.calls), options.calls),
                    "mleap": (lambda t=transformer, f=frame: mleap.seconds(t, f, options.calls), options.calls),
                },
                options.rounds,
            )
    for name, found in results.items():
        ours = found["ours"]
        others = ", ".join(
            f"{peer} {value:.1f} us ({value / ours:.1f} times)" for peer, value in found.items() if peer != "ours"
        )
        print(f"{name}: {ours:.2f} us; {others}")
    save("row", results, options.output)


def _microseconds(calls: dict[str, tuple[Callable[[], float], int]], rounds: int) -> dict[str, float]:
    """The median of each call's microseconds, the calls in turn, after two rounds that warm."""
    figures: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 2):
        for name, (call, times) in calls.items():
            seconds = call()
            if turn > 1:
                figures[name].append(seconds / times * 1e6)
    return {name: statistics.median(values) for name, values in figures.items()}


def _loop(function: Callable[[Any], Any], argument: Any, times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        function(argument)
    return time.perf_counter() - started


def _columns(scorer: Scorer, values: Any, times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        scorer.transform_one(values, "prediction")
    return time.perf_counter() - started


def _table(schema: Schema, values: tuple[Any, ...]) -> pa.Table:
    return pa.table({column.name: [value] for column, value in zip(schema.columns, values, strict=True)})


def _pipeline(model: Operator, path: Path) -> tuple[Scorer, Path, tuple[Any, ...]]:
    """Four texts indexed and encoded, eight numbers scaled, all in one vector for the model."""
    texts, numbers = [f"t{at}" for at in range(_TEXTS)], [f"n{at}" for at in range(_NUMBERS)]
    labels = [f"label {at}" for at in range(_LABELS)]
    nodes = [
        Node(f"indexer{at}", StringIndexer(labels, "error"), Shape({"input": text}, {"output": f"index{at}"}))
        for at, text in enumerate(texts)
    ]
    encoder = OneHotEncoder([_LABELS] * _TEXTS, True, "error")
    ports = {f"input{at}": f"index{at}" for at in range(_TEXTS)}, {f"output{at}": f"hot{at}" for at in range(_TEXTS)}
    nodes.append(Node("encoder", encoder, Shape(*ports)))
    together = {f"input{at}": name for at, name in enumerate(numbers)}
    nodes.append(
        Node("numbers", VectorAssembler([1] * _NUMBERS, "error", [True] * _NUMBERS), Shape(together, {"output": "v"}))
    )
    scaler = StandardScaler(np.arange(_NUMBERS) / 10, np.arange(1, _NUMBERS + 1) / 3)
    nodes.append(Node("scaler", scaler, Shape({"input": "v"}, {"output": "scaled"})))
    sizes = [_LABELS - 1] * _TEXTS + [_NUMBERS]
    parts = {f"input{at}": name for at, name in enumerate([*ports[1].values(), "scaled"])}
    nodes.append(
        Node("assembler", VectorAssembler(sizes, "error", [False] * len(sizes)), Shape(parts, {"output": "features"}))
    )
    nodes.append(Node("model", model, Shape({"features": "features"}, {"prediction": "prediction"})))
    columns = [Column(name, "string") for name in texts] + [Column(name, "double") for name in numbers]
    write_files(nodes_files("row", nodes), path)
    scorer = Scorer.load(path, schema=Schema(tuple(columns)), threads=1)
    return scorer, path, (*(labels[at] for at in range(_TEXTS)), *(at / 7 for at in range(_NUMBERS)))


def _width() -> int:
    return (_LABELS - 1) * _TEXTS + _NUMBERS


def _linear() -> Operator:
    return LinearRegression(LinearFunctions(np.random.default_rng(1).normal(size=_width()), 0.5))


def _forest() -> Operator:
    random = np.random.default_rng(1)
    # Pre-order of a complete tree.
    shape = [LEAF]
    for _ in range(_DEPTH):
        shape = [0, *shape, *shape]
    trees = []
    for _ in range(_TREES):
        features = np.array([LEAF if kind == LEAF else random.integers(_width()) for kind in shape])
        leaves = random.normal(size=(2**_DEPTH, 2))
        trees.append(DecisionTreeRegression(Tree(features, random.random(len(shape)), {}, leaves), _width()))
    return RandomForestRegression(trees, _width())


if __name__ == "__main__":
    main()
