"""Parquet files that are damaged end in an error, never in the end of the process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from batch_cases import FEATURES, made_rows, parquet_of

READ = r"""
import sys
from pathlib import Path
from batch_cases import FEATURES
from pipeline.batch.parquet_tables import parquet_tables
from pipeline.errors import DataError
content, bit, count, path = Path(sys.argv[1]).read_bytes(), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
refused = 0
for at in range(len(content) - count, len(content)):
    damaged = bytearray(content)
    damaged[at] ^= bit
    path.write_bytes(damaged)
    try:
        list(parquet_tables(path, FEATURES))
    except DataError:
        refused += 1
print(refused)
"""

SCORE = r"""
import sys
from pathlib import Path
from pipeline.batch.score import score
from pipeline.errors import DataError
model, folder = map(Path, sys.argv[1:])
refused = 0
for path in sorted(folder.glob("*.parquet")):
    try:
        score(model, path, folder / "out.csv", threads=1)
    except DataError as error:
        assert error.source == path.name, error
        assert not (folder / "out.csv").exists()
        refused += 1
    else:
        (folder / "out.csv").unlink()
print(refused)
"""

CONTENT = parquet_of(made_rows(40), FEATURES.names)


def survived(program: str, *arguments: object) -> int:
    """What a process prints that has to live to its end."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("bit", [0x01, 0x10])
def test_every_byte_of_the_footer(bit: int, tmp_path: Path) -> None:
    # Some of these lengths, counts and statistics are checked where pyarrow cannot tell of a failure.
    (tmp_path / "whole").write_bytes(CONTENT)
    count = int.from_bytes(CONTENT[-8:-4], "little") + 8
    assert 0 < survived(READ, tmp_path / "whole", bit, count, tmp_path / "damaged") <= count


def test_damage_anywhere(regression: Path, tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    for number in range(200):
        damaged = bytearray(CONTENT)
        at = int(chance.integers(len(damaged)))
        if number % 4:
            damaged[at] ^= int(chance.integers(1, 256))
        else:
            del damaged[at : at + int(chance.choice([1, 20, len(damaged)]))]
        (tmp_path / f"{number:05}.parquet").write_bytes(damaged)
    assert 50 < survived(SCORE, regression, tmp_path) <= 200
