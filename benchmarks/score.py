"""Batch: a CSV file to a file of predictions, against XGBoost's `inplace_predict` alone on ready features.

python -m benchmarks.score [--data abalone.csv] [--repeat 200] [--rounds 5]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import abalone_model, abalone_rows, in_turn, save, summary
from pipeline.batch.score import score


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--repeat", type=int, default=200, help="how often the rows stand in the input")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--output", type=Path)
    options = arguments.parse_args()
    lines = abalone_rows(options.data)
    content = ("\n".join(lines) + "\n").encode() * options.repeat
    with tempfile.TemporaryDirectory() as name:
        path, booster, features = abalone_model(lines, Path(name))
        source = Path(name) / "rows.csv"
        source.write_bytes(content)
        ready = np.tile(features, (options.repeat, 1))
        output = Path(name) / "predictions.csv"
        made: dict[str, np.ndarray[Any, Any]] = {}

        def file_to_file() -> None:
            score(path, source, output)

        def alone() -> None:
            made["peer"] = booster.inplace_predict(ready)

        figures = in_turn({"csv_to_predictions": file_to_file, "inplace_predict": alone}, options.rounds)
        ours = np.loadtxt(output, max_rows=len(lines)).astype(np.float32)
    assert np.array_equal(ours, made["peer"][: len(lines)]), "both must predict the same"
    found = summary(figures)
    ratio = found["csv_to_predictions"]["median"] / found["inplace_predict"]["median"]
    rate = len(ready) / found["csv_to_predictions"]["median"]
    print(f"{len(ready):,} rows: {rate:,.0f} rows/s from CSV, {ratio:.2f} times inplace_predict alone (goal: 1.5)")
    save("score", {"rows": len(ready), "seconds": found, "ratio": ratio, "rows_per_second": rate}, options.output)


if __name__ == "__main__":
    main()
