"""Memory stays the same whatever the number of rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_cases import FEATURES, csv_of, json_of, made_rows, parquet_of

PROGRAM = r"""
import re, sys
from pathlib import Path
from pipeline.batch.score import score
model, source, output = map(Path, sys.argv[1:])
rows = score(model, source, output, threads=2).rows
print(rows, re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
"""

pytestmark = [
    pytest.mark.slow,
    # ru_maxrss, which other systems have, begins with the parent's.
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc"),
]


def peak(model: Path, source: Path, output: Path) -> tuple[int, int]:
    """Rows, and the largest resident set of a process that scores them, in KiB."""
    command = [sys.executable, "-c", PROGRAM, str(model), str(source), str(output)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, size = done.stdout.split()
    return int(rows), int(size)


@pytest.mark.parametrize(("suffix", "few", "many"), [("csv", 400_000, 4_000_000), ("jsonl", 30_000, 300_000)])
def test_text(suffix: str, few: int, many: int, regression: Path, tmp_path: Path) -> None:
    rows = {"csv": csv_of, "jsonl": json_of}[suffix](made_rows(10_000), FEATURES.names)
    source = tmp_path / f"in.{suffix}"
    peaks = {}
    for count in (few, many):
        source.write_bytes(rows * (count // 10_000))
        read, peaks[count] = peak(regression, source, tmp_path / "out.csv")
        assert read == count
    assert peaks[many] < 1.2 * peaks[few]


def test_parquet_in_and_out(regression: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(parquet_of(made_rows(10_000), FEATURES.names))
    table = pq.read_table(tmp_path / "rows.parquet")
    peaks = {}
    for count in (200_000, 2_000_000):
        pq.write_table(pa.concat_tables([table] * (count // 10_000)), tmp_path / "in.parquet", row_group_size=200_000)
        read, peaks[count] = peak(regression, tmp_path / "in.parquet", tmp_path / "out.parquet")
        assert read == count
    assert peaks[2_000_000] < 1.2 * peaks[200_000]
