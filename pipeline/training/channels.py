"""A channel: one folder of files with labels and features, read into arrays."""

from __future__ import annotations

import os
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import DataError, TrainingError
from pipeline.training.content_types import ContentType, parse_content_type
from pipeline.training.formats.blocks import Array, stack
from pipeline.training.formats.libsvm import SparseFeatures


@dataclass(frozen=True)
class Channel:
    """The rows of a channel, file after file.

    `label` and `weight` are float32, one a row. `features` is a float32 matrix of shape (rows, num_feature) with
    NaN where a value is missing, or compressed rows where absent means missing. `qid` is the query of each row
    (int64), for ranking. `files` says how many rows each file has.
    """

    name: str
    label: Array
    features: Array | SparseFeatures
    num_feature: int
    files: tuple[tuple[str, int], ...]
    weight: Array | None = None
    qid: Array | None = None

    def __len__(self) -> int:
        return len(self.label)

    @property
    def zeros_are_missing(self) -> bool:
        """True where a feature that is not written counts as missing: a row to score must leave out its zeros too."""
        return isinstance(self.features, SparseFeatures)

    def error(self, row: int, problem: str, **rest: Any) -> DataError:
        """A DataError about a row, counted from 0 through all files."""
        for source, rows in self.files:
            if row < rows:
                return DataError(problem, source=source, row=row + 1, **rest)
            row -= rows
        raise IndexError(row)


def read_channel(
    folder: str | Path, content_type: str, *, csv_weights: bool = False, may_be_empty: bool = False
) -> Channel:
    """Reads all files of a folder and its sub-folders, in the order of their names.

    Names that begin with `_` or `.` are left out, names that end with `.gz` unpacked (CSV and libsvm). With
    `csv_weights` the second column of CSV is the weight. Raises DataError with source, row and column for what
    cannot be read, and TrainingError for a content type that is not known and for a channel without rows; where it
    `may_be_empty`, as one host's share may, that is a channel of 0 rows and 0 features.
    """
    folder = Path(folder)
    kind = parse_content_type(content_type)
    if csv_weights and kind.format != "csv":
        raise TrainingError(f"csv_weights is for CSV; channel {folder.name!r} is {kind.format}")
    sources = _sources(folder) if folder.is_dir() or not may_be_empty else []
    channel = (
        _read_libsvm(folder, sources) if kind.format == "libsvm" else _read_dense(folder, sources, kind, csv_weights)
    )
    if not len(channel):
        if may_be_empty:
            return channel
        raise _empty(folder)
    if kind.num_feature is None or channel.num_feature == kind.num_feature:
        return channel
    if kind.format != "libsvm" or channel.num_feature > kind.num_feature:
        raise TrainingError(
            f"channel {folder.name!r} has {channel.num_feature} features; its content type says {kind.num_feature}"
        )
    return replace(channel, num_feature=kind.num_feature)


def _sources(folder: Path) -> list[tuple[Path, str]]:
    """The files of a channel, each with its name in messages."""
    if not folder.is_dir():
        raise TrainingError(f"channel {folder.name!r} has no folder {folder}")
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(("_", "."))]
        found += [Path(parent) / name for name in names if not name.startswith(("_", "."))]
    return [
        (path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
        for path in sorted(found, key=lambda path: path.relative_to(folder).parts)
    ]


def _read_dense(folder: Path, sources: list[tuple[Path, str]], kind: ContentType, weighted: bool) -> Channel:
    from pipeline.training.formats.csv import read_csv
    from pipeline.training.formats.parquet import read_parquet

    read = partial(read_csv, weighted=weighted) if kind.format == "csv" else read_parquet
    blocks: deque[Array] = deque()
    files = []
    for path, source in sources:
        rows = 0
        with _readable(source):
            for block in read(path, source, columns=blocks[0].shape[1] if blocks else None):
                blocks.append(block)
                rows += len(block)
        files.append((source, rows))
    if not any(rows for _, rows in files):
        return Channel(folder.name, np.empty(0, np.float32), np.empty((0, 0), np.float32), 0, tuple(files))
    label, weight, features = stack(blocks, weighted)
    return Channel(folder.name, label, features, features.shape[1], tuple(files), weight)


def _read_libsvm(folder: Path, sources: list[tuple[Path, str]]) -> Channel:
    from pipeline.training.formats.libsvm import LibsvmRows

    rows = LibsvmRows()
    files = []
    for path, source in sources:
        with _readable(source):
            files.append((source, rows.read(path, source)))
    features = rows.features()
    return Channel(
        folder.name,
        np.frombuffer(rows.label, np.float32) if rows.label else np.empty(0, np.float32),
        features,
        features.num_feature,
        tuple(files),
        np.frombuffer(rows.weight, np.float32) if rows.weight else None,
        np.frombuffer(rows.qid, np.int64) if rows.qid else None,
    )


@contextmanager
def _readable(source: str) -> Iterator[None]:
    """Turns what the operating system and gzip say of a file into a DataError."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"the file cannot be read: {error}", source=source) from error


def _empty(folder: Path) -> TrainingError:
    return TrainingError(
        f"channel {folder.name!r} has no rows",
        hint=f"files are looked for in {folder}; names that begin with _ or . are left out",
    )
