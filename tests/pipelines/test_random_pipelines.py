"""Pipelines at random through Spark and the scorer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from conformance import assert_same, plain, scorer_of, table_of
from random_pipelines import pipeline

from pipeline.bundle import write_bundle

FIRST, COUNT = int(os.environ.get("FUZZ_SEED", "0")), int(os.environ.get("FUZZ_PIPELINES", "20"))
# Sums through BLAS and logarithms, and what later stages make of their last bits.
RTOL = 1e-9


@pytest.mark.spark
def test_random_pipelines_agree(spark: Any, tmp_path: Path) -> None:
    lengths = []
    for seed in range(FIRST, FIRST + COUNT):
        model, frame, names = pipeline(seed, spark)
        after = model.transform(frame)
        made = [name for name in after.columns if name not in frame.columns]
        expected = after.select(*made).collect()
        scorer = scorer_of(write_bundle(model, tmp_path / f"{seed}.zip", frame), frame)
        got = scorer.transform(table_of(frame), made)
        for name in made:
            assert_same(
                [plain(row[name]) for row in expected],
                [plain(value) for value in got[name].to_pylist()],
                RTOL,
                f"seed {seed}, column {name} of {', '.join(names)}",
            )
        lengths.append(len(names))
        spark.catalog.clearCache()
    assert max(lengths) >= 3
