"""A factorization machine: a bias, a weight and a vector of factors for every feature.

score(x) = bias + sum_i w_i x_i + sum_{i<j} <v_i, v_j> x_i x_j, a probability by the logistic function where it
classifies. Source: S. Rendle, Factorization Machines, ICDM 2010.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import ModelError
from pipeline.factorization import FILE
from pipeline.factorization.table import CLASSIFIER, REGRESSOR
from pipeline.recordio import Rows

# Rows that are scored together.
_CHUNK = 16_384
_PARTS = ("bias", "linear", "factors", "predictor_type")


@dataclass(frozen=True)
class FactorizationMachine:
    """`bias` (1), `linear` (feature_dim) and `factors` (feature_dim, num_factors), all float32."""

    predictor_type: str
    bias: Any
    linear: Any
    factors: Any

    @property
    def feature_dim(self) -> int:
        """How many features a row has."""
        return len(self.linear)

    def scores(self, rows: Rows) -> Any:
        """One float32 a row: the rating, or the probability of 1; a row's score is the same in whatever company.

        Keys must be below feature_dim.
        """
        parts = [self._scored(part) for part in chunks(rows)]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def _scored(self, rows: Rows) -> Any:
        found, matrix = compact(rows, np.float64)
        factors = self.factors[found].astype(np.float64)
        sums = matrix @ factors
        squares = matrix.power(2) @ (factors**2)
        raw = float(self.bias[0]) + matrix @ self.linear[found].astype(np.float64)
        raw += ((sums**2 - squares) / 2).sum(axis=1)
        return activated(raw, self.predictor_type).astype(np.float32)

    def to_bytes(self) -> bytes:
        """The model as NumPy's archive of arrays."""
        stream = io.BytesIO()
        parts: dict[str, Any] = {name: np.asarray(getattr(self, name)) for name in _PARTS}
        np.savez(stream, **parts)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> FactorizationMachine:
        """Reads `to_bytes`; raises ModelError for anything else. Nothing in it is run."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                parts = {name: archive[name] for name in _PARTS}
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ModelError(f"{FILE} is no factorization machine of this project: {error}") from error
        model = cls(str(parts["predictor_type"]), parts["bias"], parts["linear"], parts["factors"])
        model._check()
        return model

    def _check(self) -> None:
        shapes = {name: getattr(self, name).shape for name in _PARTS[:3]}
        sound = shapes["bias"] == (1,) and len(shapes["linear"]) == 1 and len(shapes["factors"]) == 2
        if not sound or shapes["factors"][0] != shapes["linear"][0] or not shapes["linear"][0]:
            raise ModelError(f"{FILE}: its parts do not fit together: {shapes}")
        if any(getattr(self, name).dtype != np.float32 for name in _PARTS[:3]):
            raise ModelError(f"{FILE}: its numbers are not float32")
        if not all(np.isfinite(getattr(self, name)).all() for name in _PARTS[:3]):
            raise ModelError(f"{FILE}: not all of its numbers are finite")
        if self.predictor_type not in (REGRESSOR, CLASSIFIER):
            raise ModelError(f"{FILE}: predictor_type is {self.predictor_type!r}")


def activated(raw: Any, predictor_type: str) -> Any:
    """The score of the formula's value."""
    if predictor_type == REGRESSOR:
        return raw
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-raw))


def compact(rows: Rows, dtype: Any) -> tuple[Any, Any]:
    """The features that occur, and the rows as scipy.sparse.csr_matrix over these alone."""
    from scipy.sparse import csr_matrix

    found, columns = np.unique(rows.keys, return_inverse=True)
    return found, csr_matrix((rows.values.astype(dtype), columns, rows.starts), shape=(len(rows), len(found)))


def chunks(rows: Rows, size: int = _CHUNK) -> Iterator[Rows]:
    """The rows in parts."""
    for at in range(0, len(rows), size):
        yield part(rows, at, min(at + size, len(rows)))


def part(rows: Rows, start: int, end: int) -> Rows:
    """The rows from `start` to `end`."""
    first, last = int(rows.starts[start]), int(rows.starts[end])
    return Rows(
        rows.starts[start : end + 1] - first,
        rows.keys[first:last],
        rows.values[first:last],
        rows.sizes[start:end],
        None if rows.labels is None else rows.labels[start:end],
    )
