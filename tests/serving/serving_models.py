"""Small models made without Spark: abalone's bundle, and boosters trained on generated rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.bundle.pack import write_files
from pipeline.bundle.writer import VERSION, _pipeline_files
from pipeline.operators.base import Node, Shape
from pipeline.operators.features.one_hot_encoder import OneHotEncoder
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.operators.values import to_json
from pipeline.schema.contract import Column, Schema
from pipeline.scoring import Scorer
from pipeline.scoring.load import BOOSTER, BUNDLE, MANIFEST, SCHEMA
from pipeline.scoring.manifest import Manifest

NUMBERS = ("length", "diameter", "height", "whole_weight", "shucked_weight", "viscera_weight", "shell_weight")
NAMES = ("sex", *NUMBERS)
ROW = ["M", 0.455, 0.365, 0.095, 0.514, 0.2245, 0.101, 0.15]
FEATURES = [1.0, 0.0, *ROW[1:]]
LINE = ",".join(map(str, ROW))

CLASSES = {"binary": ("no", 'yes, "sure"'), "multi": ("young", "grown", "old")}
OBJECTIVES: dict[str, dict[str, Any]] = {
    "regression": {"objective": "reg:squarederror"},
    "binary": {"objective": "binary:logistic"},
    "logitraw": {"objective": "binary:logitraw"},
    "hinge": {"objective": "binary:hinge"},
    "multi": {"objective": "multi:softprob", "num_class": 3},
    "softmax": {"objective": "multi:softmax", "num_class": 3},
}


def schema(nullable: str = "") -> Schema:
    """The contract of a request; one number may be null."""
    numbers = (Column(name, "double", nullable=name == nullable) for name in NUMBERS)
    return Schema((Column("sex", "string"), *numbers))


def bundle_files(handle_invalid: str = "error") -> dict[str, bytes]:
    """A bundle that makes `sex_index`, `sex_vector` and `features`; M, I and F are the labels."""
    ports = {f"input{place}": name for place, name in enumerate(("sex_vector", *NUMBERS))}
    nodes = [
        Node("index", StringIndexer(["M", "I", "F"], "error"), Shape({"input": "sex"}, {"output": "sex_index"})),
        Node("hot", OneHotEncoder([3], True, "error"), Shape({"input0": "sex_index"}, {"output0": "sex_vector"})),
        Node(
            "assemble",
            VectorAssembler([2, *[1] * 7], handle_invalid, [False, *[True] * 7]),
            Shape(ports, {"output": "features"}),
        ),
    ]
    info = {"uid": "u", "name": "abalone", "format": "json", "version": VERSION, "timestamp": "1970-01-01T00:00:00"}
    return {**dict(_pipeline_files("root", "abalone", nodes)), "bundle.json": to_json(info).encode()}


def write_bundle(path: Path) -> Path:
    """A bundle alone, with its contract beside it."""
    return write_files({**bundle_files(), "schema.json": to_json(schema().to_dict()).encode()}, path)


def write_fused(kind: str, path: Path, *, nullable: str = "", output: tuple[str, ...] = ()) -> Path:
    """A fused archive with a booster trained for one of OBJECTIVES."""
    manifest = Manifest("features", feature_names(), classes=CLASSES.get(kind), output=output)
    bundle = bundle_files("keep" if nullable else "error")
    files = {BUNDLE + name: content for name, content in bundle.items()}
    files[BOOSTER] = booster_of(kind)
    files[SCHEMA] = to_json(schema(nullable).to_dict()).encode()
    files[MANIFEST] = manifest.to_json()
    return write_files(files, path)


def feature_names() -> tuple[str, ...]:
    """The features' names, in order."""
    return ("sex_M", "sex_I", *NUMBERS)


def rows(count: int, seed: int = 0) -> list[list[Any]]:
    """Generated rows of the contract, all different."""
    random = np.random.default_rng(seed)
    values = random.random((count, 7)).round(4).tolist()
    return [
        [sex, *numbers] for sex, numbers in zip(random.choice(["M", "I", "F"], count).tolist(), values, strict=True)
    ]


def csv_of(rows: list[list[Any]]) -> str:
    """Rows as CSV without quotes."""
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


def matrix(rows: list[list[Any]]) -> np.ndarray[Any, Any]:
    """The features of rows, made apart from the scorer."""
    return np.array([[float(row[0] == "M"), float(row[0] == "I"), *row[1:]] for row in rows])


def booster_of(kind: str) -> bytes:
    """A booster in UBJ; a million rows of leaves are not needed to tell two rows apart."""
    import xgboost

    data = rows(600, seed=1)
    features = matrix(data)
    target = features[:, 2] * 9 + features[:, 8] * 5 + features[:, 0]
    classes = OBJECTIVES[kind].get("num_class", 2)
    if kind != "regression":
        target = np.digitize(target, np.quantile(target, np.arange(1, classes) / classes))
    train = xgboost.DMatrix(features, label=target)
    return bytes(xgboost.train({**OBJECTIVES[kind], "max_depth": 4, "nthread": 2}, train, 10).save_raw("ubj"))


def predictions(archive: Path, rows: list[list[Any]], **options: Any) -> np.ndarray[Any, Any]:
    """What `xgboost.Booster.predict` itself says of rows."""
    import xgboost

    from pipeline.bundle.archive import read_files

    booster = xgboost.Booster(model_file=bytearray(read_files(archive)[BOOSTER]))
    return booster.predict(xgboost.DMatrix(matrix(rows)), **options)


def table(rows: list[list[Any]]) -> Any:
    """Rows as a pyarrow.Table."""
    return pa.table([list(column) for column in zip(*rows, strict=True)], names=list(NAMES))


def scorer(archive: Path) -> Scorer:
    """The archive's scorer, in this process."""
    return Scorer.load(archive, threads=1)
