"""Pipelines at random through Spark, the scorer and MLeap's runtime."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance import assert_same, plain, scorer_of, table_of
from random_pipelines import Drawn, pipeline

from pipeline.bundle import write_bundle
from pipeline.mleap.runtime import Runtime, available
from pipeline.scoring.scorer import Scorer

FIRST, COUNT = int(os.environ.get("FUZZ_SEED", "0")), int(os.environ.get("FUZZ_PIPELINES", "200"))
# Sums through BLAS and logarithms, and what later stages make of their last bits.
RTOL = 1e-9


@pytest.fixture(scope="module")
def runtime() -> Iterator[Any]:
    """MLeap's runtime, or None where it cannot be had."""
    found = None if available() else Runtime()
    yield found
    if found is not None:
        found.close()


@pytest.fixture(scope="module")
def interpreter(spark: Any) -> Iterator[Any]:
    """Spark with its interpreter of expressions: compiling them would take longer than these few rows."""
    spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    yield spark
    spark.conf.unset("spark.sql.codegen.factoryMode")


@pytest.mark.spark
@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_random_pipelines_agree(interpreter: Any, runtime: Any, tmp_path: Path, seed: int) -> None:
    drawn = pipeline(seed, interpreter)
    assert 3 <= len(drawn.names) <= 12
    after = drawn.model.transform(drawn.frame)
    made = [name for name in after.columns if name not in drawn.frame.columns]
    rows = after.select(*made).collect()
    expected = {name: [plain(row[name]) for row in rows] for name in made}
    bundle = write_bundle(drawn.model, tmp_path / "bundle.zip", drawn.frame)
    scorer = scorer_of(bundle, drawn.frame)
    table = table_of(drawn.frame)
    compare(drawn, expected, scorer.transform(table, made), "scorer")
    # What MLeap does otherwise with odd values, each operator's own tests tell.
    if runtime is not None and drawn.plain and runs_in_mleap(scorer):
        there = runtime.load(bundle).transform(table_of(drawn.frame, lists=True), made)
        compare(drawn, expected, there, "MLeap's runtime")
    interpreter.catalog.clearCache()


def runs_in_mleap(scorer: Scorer) -> bool:
    # MLeap's interaction takes an entry's number for its index in a sparse vector.
    return all(node.operator.in_mleap and node.operator.op != "interaction" for node in scorer.bundle.nodes)


def compare(drawn: Drawn, expected: dict[str, list[Any]], made: Any, engine: str) -> None:
    for name, values in expected.items():
        found = [plain(value) for value in made[name].to_pylist()]
        assert_same(values, found, RTOL, f"{engine}, column {name} of {', '.join(drawn.names)}")
