"""libsvm: `label[:weight] [qid:n] index:value ...`, indices from 0 as written; an absent index is missing."""

from __future__ import annotations

import itertools
import re
from array import array
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.errors import DataError
from pipeline.training.formats.blocks import Array, infinite, open_file

_NUMBER = rb"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[nN][aA][nN])"
_LABEL = re.compile(rb"(%b)(?::(%b))?" % (_NUMBER, _NUMBER))
_QID = re.compile(rb"qid:([0-9]{1,18})")
_FEATURE = re.compile(rb"[0-9]{1,9}:%b" % _NUMBER)
_FEATURES = re.compile(rb"(?:%b(?:[ \t]+|$))*+" % _FEATURE.pattern)


@dataclass(frozen=True)
class SparseFeatures:
    """Features in compressed rows: row i owns `indptr[i]:indptr[i + 1]` of indices and values.

    indptr is int64, indices int32 and rising within a row, values float32; what is absent is missing.
    """

    indptr: Array
    indices: Array
    values: Array
    num_feature: int

    def __len__(self) -> int:
        return len(self.indptr) - 1


@dataclass
class LibsvmRows:
    """The rows read so far, of one file after another."""

    label: array[float] = field(default_factory=lambda: array("f"))
    weight: array[float] = field(default_factory=lambda: array("f"))
    qid: array[int] = field(default_factory=lambda: array("q"))
    indptr: array[int] = field(default_factory=lambda: array("q", [0]))
    indices: array[int] = field(default_factory=lambda: array("i"))
    values: array[float] = field(default_factory=lambda: array("f"))

    def read(self, path: Path, source: str) -> int:
        """Adds one file and returns how many rows it has; raises DataError with source, row and what was found."""
        before, start = len(self.label), len(self.values)
        with open_file(path) as stream:
            for line in stream:
                content = line.partition(b"#")[0].strip()
                if content:
                    self._add(content, source, len(self.label) - before + 1)
        self._check_finite(start, source, before)
        return len(self.label) - before

    def _add(self, content: bytes, source: str, row: int) -> None:
        head, _, rest = content.replace(b"\t", b" ").partition(b" ")
        label = _LABEL.fullmatch(head)
        if label is None:
            raise _bad(head, source, row, "a label, with or without a weight: 1 or 1:0.5")
        rest = rest.lstrip()
        if qid := _QID.match(rest):
            rest = rest[qid.end() :].lstrip()
        if not _FEATURES.fullmatch(rest):
            wrong = next((token for token in rest.split() if not _FEATURE.fullmatch(token)), rest)
            raise _bad(wrong, source, row, "a feature: index:value, with indices from 0")
        if self.label and (bool(self.weight), bool(self.qid)) != (bool(label[2]), bool(qid)):
            raise DataError(
                "a weight or qid stands in some rows only",
                source=source,
                row=row,
                expected="weights in every row or in none, and qids likewise",
            )
        self.label.append(float(label[1]))
        if label[2]:
            self.weight.append(float(label[2]))
        if qid:
            self.qid.append(int(qid[1]))
        pairs = rest.replace(b":", b" ").split()
        self._add_features(list(map(int, pairs[::2])), list(map(float, pairs[1::2])), source, row)
        self.indptr.append(len(self.indices))

    def _add_features(self, indices: list[int], values: list[float], source: str, row: int) -> None:
        if any(after <= before for before, after in itertools.pairwise(indices)):
            if len(set(indices)) < len(indices):
                raise DataError("an index stands twice", source=source, row=row)
            pairs = sorted(zip(indices, values, strict=True))
            indices, values = [index for index, _ in pairs], [value for _, value in pairs]
        self.indices.extend(indices)
        self.values.extend(values)

    def _check_finite(self, start: int, source: str, before: int) -> None:
        found = np.isinf(np.frombuffer(self.values[start:], np.float32)) if len(self.values) > start else np.zeros(0)
        if found.any():
            at = start + int(np.argmax(found))
            row = int(np.searchsorted(np.frombuffer(self.indptr, np.int64), at, side="right"))
            raise infinite(self.values[at], source, row - before, f"f{self.indices[at]}")

    def features(self) -> SparseFeatures:
        """The features of all rows; as many as the highest index says."""
        indices = np.frombuffer(self.indices, np.int32) if self.indices else np.empty(0, np.int32)
        return SparseFeatures(
            indptr=np.frombuffer(self.indptr, np.int64),
            indices=indices,
            values=np.frombuffer(self.values, np.float32) if self.values else np.empty(0, np.float32),
            num_feature=int(indices.max()) + 1 if len(indices) else 0,
        )


def _bad(token: bytes, source: str, row: int, expected: str) -> DataError:
    text = token[:60].decode("utf-8", errors="replace")
    return DataError(f"found {text!r}", source=source, row=row, value=text, expected=expected)
