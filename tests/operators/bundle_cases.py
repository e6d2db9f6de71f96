"""Operators that Spark does not have, against MLeap's runtime."""

from __future__ import annotations

import pyarrow as pa
import pytest
from conformance import Conformance, assert_same, plain

from pipeline.bundle.pack import write_files
from pipeline.bundle.reader import read_bundle
from pipeline.bundle.writer import nodes_files
from pipeline.operators.base import Node, Operator, Shape
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.scorer import Scorer


def compare_with_runtime(
    engines: Conformance, operator: Operator, table: pa.Table, inputs: dict[str, str], rtol: float = 0.0
) -> None:
    """The scorer and MLeap's runtime say the same of every row, given a bundle of this one operator."""
    if engines.runtime is None:
        pytest.skip("MLeap's runtime cannot be had")
    path = write_files(
        nodes_files("one", [Node("node", operator, Shape(inputs, {"output": "made"}))]),
        engines.folder / f"{operator.op}_{len(list(engines.folder.iterdir()))}.zip",
    )
    expected = engines.runtime.load(path).transform(table, ["made"])["made"].to_pylist()
    got = Scorer(Parts(read_bundle(path), _contract(table), None, Manifest())).transform(table, ["made"])["made"]
    assert_same([plain(value) for value in expected], [plain(value) for value in got.to_pylist()], rtol, operator.op)
    engines.record.note(operator.op, "runtime", "runs")


def _contract(table: pa.Table) -> Schema:
    return Schema(
        tuple(
            Column(field.name, "double", struct="vector")
            if pa.types.is_list(field.type)
            else Column(field.name, str(field.type), nullable=True)
            for field in table.schema
        )
    )
