"""Operators of MLeap's own with texts, lists or several outputs, against its runtime."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from conformance import Conformance, assert_same, plain

from pipeline.bundle.pack import write_files
from pipeline.bundle.reader import read_bundle
from pipeline.bundle.writer import nodes_files
from pipeline.operators.base import Node, Operator, Shape
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.scorer import Scorer


def bundle_of(operator: Operator, shape: Shape, folder: Path) -> Path:
    """A bundle of this one operator."""
    path = folder / "bundle.zip"
    path.unlink(missing_ok=True)
    return write_files(nodes_files("one", [Node("node", operator, shape)]), path)


def scorer_of(operator: Operator, shape: Shape, folder: Path) -> Scorer:
    """The scorer of a bundle of this one operator."""
    return Scorer(Parts(read_bundle(bundle_of(operator, shape, folder)), None, None, Manifest()))


def same_as_runtime(engines: Conformance, operator: Operator, table: pa.Table, shape: Shape) -> None:
    """The scorer and MLeap's runtime make the same of every row."""
    if engines.runtime is None:
        pytest.skip("MLeap's runtime is not to be had")
    names = list(shape.outputs.values())
    with TemporaryDirectory(dir=engines.folder) as folder:
        got = scorer_of(operator, shape, Path(folder)).transform(table, names)
        expected = engines.runtime.load(bundle_of(operator, shape, Path(folder))).transform(table, names)
    for name in names:
        assert_same(_rows(expected, name), _rows(got, name), 0.0, name)
    engines.record.note(operator.op, "runtime", "runs")


def _rows(table: pa.Table, name: str) -> list[Any]:
    return [plain(value) for value in table[name].to_pylist()]
