"""Small bundles, boosters and scorers made without Spark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.bundle.reader import read_bundle
from pipeline.bundle.writer import VERSION, _pipeline_files
from pipeline.operators.base import Node, Shape
from pipeline.operators.features.one_hot_encoder import OneHotEncoder
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.operators.values import to_json
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.scorer import Scorer

KINDS = ("M", "größe", "😀")
SCHEMA = Schema((Column("sex", "string"), Column("x", "double"), Column("n", "long")))
FEATURE_NAMES = ("sex_M", "sex_größe", "x", "n")


def files_of(nodes: Sequence[Node]) -> dict[str, bytes]:
    """The files of a bundle that holds the nodes."""
    info = {"uid": "u", "name": "case", "format": "json", "version": VERSION, "timestamp": "1970-01-01T00:00:00"}
    return {**dict(_pipeline_files("root", "case", list(nodes))), "bundle.json": to_json(info).encode()}


def abalone_nodes(handle_invalid: str = "error") -> list[Node]:
    """sex, x and n become `index`, `hot` and `features` of four values."""
    assembled = {"input0": "hot", "input1": "x", "input2": "n"}
    assembler = VectorAssembler([2, 1, 1], handle_invalid, [False, True, True])
    return [
        Node("indexer", StringIndexer(KINDS, "error"), Shape({"input": "sex"}, {"output": "index"})),
        Node("encoder", OneHotEncoder([3], True, "error"), Shape({"input0": "index"}, {"output0": "hot"})),
        Node("assembler", assembler, Shape(assembled, {"output": "features"})),
    ]


def bundle_files(handle_invalid: str = "error") -> dict[str, bytes]:
    """The files of a bundle with three kinds of operator."""
    return files_of(abalone_nodes(handle_invalid))


def table_of(rows: int, seed: int = 0) -> Any:
    """Rows of the contract as a pyarrow.Table."""
    random = np.random.default_rng(seed)
    return pa.table(
        {
            "sex": pa.array(random.choice(KINDS, rows).tolist(), pa.string()),
            "x": random.normal(size=rows),
            "n": random.integers(0, 50, rows),
        }
    )


def features_of(table: Any) -> np.ndarray[Any, Any]:
    """The features of a table, made apart from the scorer."""
    sex = table["sex"].to_pylist()
    hot = [[float(value == kind) for kind in KINDS[:2]] for value in sex]
    numbers = np.column_stack([table["x"].to_numpy(), table["n"].to_numpy()]).astype(np.float64)
    return np.hstack([np.array(hot).reshape(len(sex), 2), numbers])


def train(features: Any, params: dict[str, Any], label: Any = None, rounds: int = 8, **options: Any) -> Any:
    """An `xgboost.Booster` trained on a label made of the features."""
    import xgboost

    if label is None:
        label = np.nan_to_num(features).sum(axis=1)
    data = xgboost.DMatrix(features, label=label, **options)
    return xgboost.train({"max_depth": 4, "nthread": 2, "seed": 1, **params}, data, rounds)


def raw(booster: Any, form: str = "ubj") -> bytes:
    """The booster's bytes as `save_model` writes them."""
    return bytes(booster.save_raw(form))


def scorer_of(
    files: dict[str, bytes], booster: bytes | None = None, schema: Schema | None = SCHEMA, **manifest: Any
) -> Scorer:
    """The scorer of a bundle's files, with a booster or without."""
    return Scorer(Parts(read_bundle(files), schema, booster, Manifest(**manifest)), threads=2)
