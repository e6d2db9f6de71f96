"""What the benchmarks share: a model, rows, rounds in turn, results as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from pipeline.bundle.reader import read_bundle
from pipeline.bundle.writer import nodes_files
from pipeline.operators.base import Node, Shape
from pipeline.operators.features.one_hot_encoder import OneHotEncoder
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.packaging.archives import fused_archive
from pipeline.run.data import load_function
from pipeline.schema import load_schema
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.scorer import Scorer

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
TREES, DEPTH = 100, 5
_ROWS = 4177


def abalone_rows(data: Path | None) -> list[str]:
    """The lines of abalone, real where a file is given, else made up, without the label."""
    if data is not None:
        return [line.rsplit(",", 1)[0] for line in data.read_text(encoding="utf-8").splitlines()]
    generate = load_function(ROOT / "examples" / "abalone", "sample", "generate")
    return [",".join(map(str, row[:-1])) for row in generate(_ROWS, 1)]


def abalone_model(lines: list[str], folder: Path) -> tuple[Path, xgboost.Booster, np.ndarray[Any, Any]]:
    """A fused archive of abalone's features and 100 trees of depth 5, its booster, and the lines' features."""
    from pipeline.data.requests import columns_of_lines

    schema = load_schema(ROOT / "schemas" / "abalone.json")
    measures = [column.name for column in schema.features if column.is_number]
    assembled = {f"input{at}": name for at, name in enumerate(["vector", *measures])}
    nodes = [
        Node("indexer", StringIndexer(["M", "I", "F"], "error"), Shape({"input": "sex"}, {"output": "index"})),
        Node("encoder", OneHotEncoder([3], True, "error"), Shape({"input0": "index"}, {"output0": "vector"})),
        Node(
            "assembler",
            VectorAssembler([2] + [1] * len(measures), "error", [False] + [True] * len(measures)),
            Shape(assembled, {"output": "features"}),
        ),
    ]
    files = nodes_files("abalone", nodes)
    columns = columns_of_lines(lines, schema.for_requests())
    plain = Scorer(Parts(read_bundle(files), schema, None, Manifest()))
    features = plain.features_of_columns(columns).values.astype(np.float32)
    label = np.random.default_rng(1).gamma(4, 2.5, len(lines)) + features[:, -1] * 10
    booster = xgboost.train({"max_depth": DEPTH, "eta": 0.2}, xgboost.DMatrix(features, label), TREES)
    manifest = Manifest(features="features")
    path = fused_archive(files, bytes(booster.save_raw("ubj")), schema, manifest, folder / "model.tar.gz")
    return path, booster, features


def in_turn(calls: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each call, the calls one after the other in every round, after one that warms."""
    figures: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if turn:
                figures[name].append(time.perf_counter() - started)
    return figures


def summary(figures: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Median and spread of each."""
    return {
        name: {"median": statistics.median(values), "min": min(values), "max": max(values)}
        for name, values in figures.items()
    }


def resident_mb(process: int) -> float:
    """Resident megabytes of a process."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def save(name: str, results: Any, output: Path | None) -> None:
    """Writes the results with the machine and the versions."""
    machine = {
        "cores": os.cpu_count(),
        "platform": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    versions = {package: version(package) for package in ("numpy", "pyarrow", "xgboost-cpu")}
    path = output or RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"benchmark": name, "machine": machine, "versions": versions, "results": results}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
