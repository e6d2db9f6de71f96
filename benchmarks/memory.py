"""Batch: the largest memory of a process that scores a stream of rows, from few rows to many.

python -m benchmarks.memory [--data abalone.csv] [--rows 1000000 4000000 50000000]

The rows come through a pipe, so that no disk need hold them; each figure is from a process of its own. The peer is the
first figure: memory is flat if the others are near it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from benchmarks.common import abalone_model, abalone_rows, save

_PROGRAM = r"""
import re, sys
from pathlib import Path
from pipeline.batch.score import score
result = score(*map(Path, sys.argv[1:]))
print(result.rows, result.seconds, re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
"""


def blocks(lines: list[str], count: int) -> Iterator[bytes]:
    """So many rows, the lines over and over."""
    block = ("\n".join(lines) + "\n").encode()
    for _ in range(count // len(lines)):
        yield block
    yield "".join(line + "\n" for line in lines[: count % len(lines)]).encode()


def feed(pipe: Path, lines: list[str], count: int) -> None:
    with pipe.open("wb") as stream:
        stream.writelines(blocks(lines, count))


def peak(model: Path, lines: list[str], count: int, folder: Path) -> dict[str, float]:
    """Rows, seconds, and peak resident megabytes of a process that scores so many rows."""
    pipe = folder / f"{count}.csv"
    os.mkfifo(pipe)
    # A daemon: where the reader fails nobody else would end it.
    threading.Thread(target=feed, args=(pipe, lines, count), daemon=True).start()
    command = [sys.executable, "-c", _PROGRAM, str(model), str(pipe), str(folder / "out.parquet")]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    assert int(said[0]) == count
    return {"rows": count, "seconds": float(said[1]), "peak_mb": int(said[2]) / 1024}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 4_000_000])
    arguments.add_argument("--output", type=Path)
    options = arguments.parse_args()
    lines = abalone_rows(options.data)
    results = []
    with tempfile.TemporaryDirectory() as name:
        model, _, _ = abalone_model(lines, Path(name))
        for count in options.rows:
            found = peak(model, lines, count, Path(name))
            found["ratio"] = found["peak_mb"] / (results or [found])[0]["peak_mb"]
            results.append(found)
            print(
                f"{count:>12,} rows: peak {found['peak_mb']:.0f} MB, {found['ratio']:.2f} times the first, "
                f"{count / found['seconds']:,.0f} rows/s"
            )
    save("memory", results, options.output)


if __name__ == "__main__":
    main()
