"""The channels of a job: recordIO-protobuf files with a label in every record."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.errors import DataError, TrainingError
from pipeline.factorization.hyperparameters import Hyperparameters
from pipeline.factorization.table import CLASSIFIER
from pipeline.recordio import CONTENT_TYPE, Rows, read_rows


def read_channel(folder: Path, content_type: str, hyperparameters: Hyperparameters) -> Rows:
    """All files of a folder and its sub-folders, in the order of their names; those that begin with _ or . are none.

    Raises TrainingError for another content type and a channel without rows, and DataError, with file and number of
    the record, for a record that is damaged, has no label, or another size than feature_dim.
    """
    if content_type.partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise TrainingError(f"channel {folder.name!r} is {content_type}; expected {CONTENT_TYPE}")
    parts = []
    for path in _files(folder):
        source, seen = f"{folder.name}/{path.relative_to(folder).as_posix()}", 0
        with path.open("rb") as stream:
            for rows in read_rows(stream, source):
                _check(rows, hyperparameters, source, seen)
                seen += len(rows)
                parts.append(rows)
    if not parts:
        raise TrainingError(f"channel {folder.name!r} has no rows", hint=f"files are looked for in {folder}")
    return Rows.together(parts)


def _files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in found if not any(name.startswith(("_", ".")) for name in path.relative_to(folder).parts)]


def _check(rows: Rows, given: Hyperparameters, source: str, seen: int) -> None:
    if rows.labels is None:
        raise DataError("not every record has a label", source=source, expected="one label 'values' in each")
    size = given.feature_dim
    wrong = np.flatnonzero(rows.sizes != size)
    if len(wrong):
        found = int(rows.sizes[wrong[0]])
        said = "says no shape" if found < 0 else f"has {found:,} features"
        raise _bad(f"the row {said}", seen + int(wrong[0]), source, f"feature_dim, {size:,}")
    wrong = np.flatnonzero(~np.isfinite(rows.labels))
    if given.predictor_type == CLASSIFIER:
        wrong = np.flatnonzero(~np.isin(rows.labels, (0, 1)))
    if len(wrong):
        expected = "0 or 1" if given.predictor_type == CLASSIFIER else "a finite number"
        raise _bad(f"the label is {rows.labels[wrong[0]]:g}", seen + int(wrong[0]), source, expected)
    if not np.isfinite(rows.values).all():
        row = int(np.searchsorted(rows.starts, np.flatnonzero(~np.isfinite(rows.values))[0], side="right")) - 1
        raise _bad("a value is not finite", seen + row, source, "finite numbers")


def _bad(problem: str, row: int, source: str, expected: str) -> DataError:
    return DataError(f"record {row + 1}: {problem}", source=source, expected=expected)
