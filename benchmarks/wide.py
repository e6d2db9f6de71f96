"""Wide text: what bulk scoring adds to a process's memory, against the non-zeros of its features.

python -m benchmarks.wide [--rows 100000]

Twenty words a row hashed to 2^18 features are held against four times the words, and against 2^12 features. Each figure
is the peak of a process of its own above what it had once it was warm: `features` makes all of them, operator by
operator, as CSR; `predictions` makes those that trees ask for.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.common import ROOT, save
from benchmarks.large import WIDE, WORDS_A_ROW, text

_NARROW = 1 << 12
CASES = {
    "once": (WORDS_A_ROW, WIDE),
    "words": (4 * WORDS_A_ROW, WIDE),
    "narrow": (WORDS_A_ROW, _NARROW),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--output", type=Path)
    arguments.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.child:
        print(json.dumps(_added(*options.child)))
        return
    results: dict[str, dict[str, float]] = {}
    for kind, (words, width) in CASES.items():
        with tempfile.TemporaryDirectory() as name:
            case = text(options.rows, Path(name), words=words, width=width)
            table, model = Path(name, "rows.parquet"), case.archive(Path(name))
            pq.write_table(case.table, table)
            del case
            command = [sys.executable, "-m", "benchmarks.wide", "--child", str(model), str(table)]
            said = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
        results[kind] = json.loads(said)
        per = results[kind]["features"] * 2**20 / results[kind]["nonzeros"]
        print(
            f"{words} words of {width:,} features: {results[kind]['features']:.0f} MB for the features, "
            f"{per:.0f} bytes a non-zero; {results[kind]['predictions']:.0f} MB for the predictions"
        )
    save("wide", results, options.output)


def _added(model: Path, rows: Path) -> dict[str, float]:
    """Megabytes that each way adds at its peak, and the non-zeros there are."""
    from pipeline.scoring import Scorer

    scorer, table = Scorer.load(model, threads=1), pq.read_table(rows)
    scorer.predict(table.slice(0, 2000))
    before = _peak_from_now()
    scorer.predict(table)
    predictions = _resident("VmHWM") - before
    scorer.features_of(table.slice(0, 2000))
    before = _peak_from_now()
    features = scorer.features_of(table)
    return {
        "predictions": predictions,
        "features": _resident("VmHWM") - before,
        "nonzeros": sum(len(part.values) for part in features),
    }


def _peak_from_now() -> float:
    """Forgets the peak so far (Linux); the resident megabytes now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _resident("VmRSS")


def _resident(what: str) -> float:
    found = re.search(rf"{what}:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert found
    return int(found[1]) / 1024


if __name__ == "__main__":
    main()
