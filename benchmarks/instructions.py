"""Instructions that one row takes, by the kernels' functions: callgrind counts them, the same on every machine.

python -m benchmarks.instructions [--calls 200]

Needs valgrind. One row of abalone, of wide text and of 50 mixed columns, each with its booster, from parsed values to
the score; what CPython itself does within the call counts as `python`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.common import ROOT, abalone_model, abalone_rows, save

_KERNELS = "pipeline.native._kernels"
_ROWS = 2000
# A function's own instructions in callgrind's listing: count, share, file:function [object].
_LINE = re.compile(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+(\S+?):(\S+).*?(?:\[(\S+)\])?$")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--calls", type=int, default=200)
    arguments.add_argument("--output", type=Path)
    arguments.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.child:
        _score(*map(Path, options.child), calls=options.calls)
        return
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build = [sys.executable, "setup.py", "-q", "build_ext", "--debug", "--build-lib", name]
        subprocess.run(build, cwd=ROOT, check=True)
        library = next(folder.rglob("_kernels*.so"))
        for kind, (archive, row) in _models(folder).items():
            found = _counted(library, archive, row, options.calls)
            results[kind] = found
            parts = ", ".join(f"{function} {count:,}" for function, count in found.items())
            print(f"{kind}: {sum(found.values()):,} instructions: {parts}")
    save("instructions", results, options.output)


def _models(folder: Path) -> dict[str, tuple[Path, list[Any]]]:
    """Archives, and a row for each."""
    from benchmarks.large import mixed, text

    lines = abalone_rows(None)
    archive, _, _ = abalone_model(lines, folder)
    cells = lines[0].split(",")
    models: dict[str, tuple[Path, list[Any]]] = {"abalone": (archive, [cells[0], *map(float, cells[1:])])}
    for kind, make in (("text", text), ("mixed", mixed)):
        case = make(_ROWS, folder)
        models[kind] = case.archive(folder), [column[0].as_py() for column in case.table.columns]
    return models


def _counted(library: Path, archive: Path, row: list[Any], calls: int) -> dict[str, int]:
    """Instructions of one call by function, the most first."""
    values, profile = archive.with_suffix(".row"), archive.with_suffix(".profile")
    values.write_text(json.dumps(row), encoding="utf-8")
    tool = ["valgrind", "-q", "--tool=callgrind", "--toggle-collect=score_row", f"--callgrind-out-file={profile}"]
    child = [sys.executable, "-m", "benchmarks.instructions", "--calls", str(calls), "--child"]
    subprocess.run([*tool, *child, str(library), str(archive), str(values)], check=True, cwd=ROOT)
    listing = subprocess.run(["callgrind_annotate", str(profile)], check=True, capture_output=True, text=True).stdout
    found: Counter[str] = Counter()
    for line in listing.splitlines():
        if (read := _LINE.match(line)) and "PROGRAM TOTALS" not in line:
            count, source, function, where = read.groups()
            ours = Path(source).parent.name == "native" or (where or "").startswith(str(library))
            found[function if ours else "python"] += int(count.replace(",", ""))
    return {function: round(count / calls) for function, count in found.most_common() if count >= calls}


def _score(library: Path, archive: Path, values: Path, *, calls: int) -> None:
    """The process that is counted."""
    spec = importlib.util.spec_from_file_location(_KERNELS, library)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    assert spec.loader is not None
    spec.loader.exec_module(module)
    sys.modules[_KERNELS] = module
    from pipeline.scoring import Scorer

    scorer = Scorer.load(archive, threads=1)
    assert scorer.rows is not None
    row = json.loads(values.read_text(encoding="utf-8"))
    for _ in range(calls):
        scorer.rows.of_row(row)


if __name__ == "__main__":
    main()
