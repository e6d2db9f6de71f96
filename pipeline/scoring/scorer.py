"""A bundle, fused with an XGBoost model, that scores tables and rows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.bundle.reader import Bundle
from pipeline.columns import AnyColumn, Dense, Sparse, Vectors
from pipeline.data.conform import conform
from pipeline.data.requests import columns_of_rows
from pipeline.errors import ModelError
from pipeline.schema.contract import Schema
from pipeline.scoring.arrow import from_arrow, to_arrow
from pipeline.scoring.booster import Booster
from pipeline.scoring.chunks import Made, each_chunk
from pipeline.scoring.compiled_rows import CompiledRows, compiled_rows
from pipeline.scoring.float32 import check_float32
from pipeline.scoring.load import Parts, load_parts
from pipeline.scoring.plan import Plan, run, run_skipping
from pipeline.scoring.text import rows_of


class Scorer:
    """Scores with a bundle, and with a booster where there is one.

    `schema` is the contract of a request. Feature values equal Spark's, predictions `xgboost.Booster.predict`, to the
    last bit. A scorer never changes once made: threads may share it.
    """

    def __init__(self, parts: Parts, *, threads: int = 0) -> None:
        self._threads = threads
        self.bundle: Bundle = parts.bundle
        self.classes: tuple[str, ...] | None = parts.manifest.classes
        self.manifest = parts.manifest
        self._plan = Plan(parts.bundle.nodes)
        # The whole contract, label and ignored columns included: files may hold those too.
        self.contract = parts.schema if parts.schema is not None else self._plan.contract()
        contract = self.contract.for_requests()
        self.booster: Booster | None = None
        self.features: str | None = parts.manifest.features or self._last_vector(contract)
        if parts.booster is not None:
            self.booster = Booster(parts.booster, zeros_are_missing=parts.manifest.zeros_are_missing, threads=threads)
        self.schema = self._checked(contract)
        types = self._plan.types(self.schema)
        self.feature_count = types[self.features].size if self.features in types else None
        self._fits_booster()
        self._steps = self._plan.needed([self.features]) if self.features else ()
        self._raw = self._plan.raw_of([self.features]) if self.features else []
        self._of_column: dict[str, CompiledRows | None] = {}
        # None where rows are not compiled.
        self.rows = self.compiled(self.schema)

    @classmethod
    def load(cls, path: str | Path, *, schema: Schema | None = None, threads: int = 0) -> Scorer:
        """Loads a bundle (zip, tar.gz, folder), a model archive or a run folder.

        `schema` overrides the contract in the archive; a bundle without one gets it from its operators.
        `threads` bounds how many are used, 0 for all cores. Raises BundleError or ModelError.
        """
        return cls(load_parts(path, schema), threads=threads)

    @property
    def columns(self) -> list[str]:
        """All columns that the bundle makes."""
        return list(self._plan.outputs)

    def transform(self, table: Any, columns: Sequence[str] | None = None, *, offset: int = 0) -> Any:
        """The columns that the bundle makes, as Spark's `transform` would, in a pyarrow.Table.

        Without `columns` the table's own columns and all made ones; else just those named, which may be raw ones.
        Vectors are fixed-size lists of float64, above 2,048 values Spark's sparse struct. Raises DataError, rows
        counted past `offset`, also for a row that Spark would skip: see transform_skipping.
        """
        wanted, made = self._wanted(table, columns)
        steps = self._plan.needed(made)
        ready = conform(table, self._subset(self._plan.raw_of(made)), offset=offset)

        def work(chunk: Mapping[str, AnyColumn], at: int) -> list[Any]:
            known = run(steps, chunk, at)
            return [to_arrow(known[name]) for name in made]

        return _table(wanted, made, self._each_chunk(ready, work, offset), table)

    def transform_skipping(
        self, table: Any, columns: Sequence[str] | None = None, *, offset: int = 0
    ) -> tuple[Any, np.ndarray[Any, Any]]:
        """As transform, without the rows that Spark would skip (`handleInvalid="skip"`), and which rows stay.

        The second value has the places, from 0, of the input rows that the output rows stand for.
        """
        wanted, made = self._wanted(table, columns)
        ready = conform(table, self._subset(list(self._plan.inputs)), offset=offset)

        def work(chunk: Mapping[str, AnyColumn], at: int) -> tuple[list[Any], np.ndarray[Any, Any]]:
            # All steps: a row is skipped whatever is asked for.
            known, rows = run_skipping(self._plan.steps, chunk, at)
            return [to_arrow(known[name]) for name in made], rows + at - offset

        parts, stayed = zip(*self._each_chunk(ready, work, offset), strict=True)
        rows = np.concatenate(stayed)
        return _table(wanted, made, parts, table.take(rows)), rows

    def _wanted(self, table: Any, columns: Sequence[str] | None) -> tuple[list[str], list[str]]:
        """The names of a transform's columns, and those of them that the bundle makes."""
        if columns is None:
            return [*table.schema.names, *self._plan.outputs], list(self._plan.outputs)
        self._plan.needed(columns)
        return list(columns), [name for name in columns if name in self._plan.outputs]

    def features_of(self, table: Any, offset: int = 0) -> list[Vectors]:
        """The feature vectors of a table, in chunks of rows; rows in errors count past `offset`."""
        features = self._need_features()
        ready = conform(table, self._subset(self._raw), offset=offset)
        return list(self._each_chunk(ready, lambda chunk, at: _vectors(run(self._steps, chunk, at)[features]), offset))

    def _each_chunk(
        self, table: Any, work: Callable[[Mapping[str, AnyColumn], int], Made], offset: int
    ) -> Iterator[Made]:
        def on_columns(part: Any, at: int) -> Made:
            return work(_columns(part, at), at)

        return each_chunk(table, on_columns, offset=offset, threads=self._threads)

    def predict(self, table: Any, *, margin: bool = False, offset: int = 0) -> np.ndarray[Any, Any]:
        """Predictions of a pyarrow.Table: float32 of shape (rows,), or (rows, classes) for multi:softprob.

        Raises DataError naming row and column, rows counted past `offset`; ModelError without a booster.
        """
        compiled = None if margin else self._raw_rows
        if compiled is None:
            return self.predict_features(self.features_of(table, offset), margin=margin, offset=offset)

        def work(part: Any, at: int) -> np.ndarray[Any, Any]:
            made = compiled.of_table(part)
            return self.predict_columns(_columns(part, at), offset=at) if made is None else made

        ready = conform(table, self._subset(self._raw), offset=offset)
        return np.concatenate(list(each_chunk(ready, work, offset=offset, threads=self._threads)))

    def predict_one(self, row: Mapping[str, Any] | Sequence[Any]) -> float | np.ndarray[Any, Any]:
        """One row's prediction: a float, or the classes' probabilities; the row by name or in schema order.

        A missing or surplus value raises DataError, never a guess.
        """
        if self.rows is not None and (score := self.rows.of_row(row)) is not None:
            return score
        prediction = self.predict_columns(columns_of_rows([row], self.schema))[0]
        return float(prediction) if prediction.ndim == 0 else prediction

    def transform_one(self, row: Mapping[str, Any] | Sequence[Any], column: str) -> Any:
        """One row's value in a column of the bundle: a number, text, or list of a vector's values; null is None.

        See predict_one for the row.
        """
        if column not in self._of_column:
            self._of_column[column] = self._compiled_column(column)
        compiled = self._of_column[column]
        if compiled is not None and (value := compiled.of_row(row)) is not None:
            return value
        made = self.transform_columns(columns_of_rows([row], self.schema), [column])[column]
        value = rows_of(made)[0]
        return value.tolist() if isinstance(value, np.generic | np.ndarray) else value

    def _compiled_column(self, column: str) -> CompiledRows | None:
        steps = self._plan.needed([column])
        return compiled_rows(steps, self.schema, column, None) if steps else None

    def predict_columns(
        self, columns: Mapping[str, AnyColumn], *, margin: bool = False, offset: int = 0
    ) -> np.ndarray[Any, Any]:
        """Predictions of columns that already keep the contract; see predict."""
        return self.predict_features([self.features_of_columns(columns, offset)], margin=margin, offset=offset)

    def predict_features(
        self, parts: Sequence[Vectors], *, margin: bool = False, offset: int = 0
    ) -> np.ndarray[Any, Any]:
        """Predictions of feature vectors in chunks of rows; a DataError for a value that float32 cannot hold.

        See predict.
        """
        if self.booster is None:
            raise ModelError("there is no booster beside the bundle", hint="ask for the bundle's columns instead")
        predictions = []
        for vectors in parts:
            check_float32(vectors, self.manifest.feature_names, offset)
            predictions.append(self.booster.predict(vectors, margin=margin))
            offset += len(vectors)
        return predictions[0] if len(predictions) == 1 else np.concatenate(predictions)

    def features_of_columns(self, columns: Mapping[str, AnyColumn], offset: int = 0) -> Vectors:
        """The feature vectors of columns that already keep the contract."""
        return _vectors(run(self._steps, columns, offset)[self._need_features()])

    def transform_columns(
        self, columns: Mapping[str, AnyColumn], names: Sequence[str], *, offset: int = 0
    ) -> dict[str, AnyColumn]:
        """The named columns, raw or made, of columns that already keep the contract; see transform."""
        known = run(self._plan.needed(names), columns, offset)
        return {name: known[name] for name in names}

    def compiled(self, layout: Schema) -> CompiledRows | None:
        """What scores whole rows of these columns, the schema's among them; None where rows cannot be compiled."""
        trees = self.booster.trees if self.booster is not None else None
        if trees is None or self.features is None:
            return None
        return compiled_rows(
            self._steps, layout, self.features, trees, size=self.feature_count or 0, threads=self._threads
        )

    @functools.cached_property
    def _raw_rows(self) -> CompiledRows | None:
        """What scores rows of the columns that the features are made of."""
        if self.rows is None or self._raw == self.schema.names:
            return self.rows
        return self.compiled(self._subset(self._raw))

    def _subset(self, raw: Sequence[str]) -> Schema:
        if not raw:
            raise ModelError("the bundle has no columns to read")
        return Schema(tuple(self.schema[name] for name in raw))

    def _need_features(self) -> str:
        if self.features is None:
            raise ModelError("the bundle makes no vector that could be scored")
        return self.features

    def _last_vector(self, contract: Schema) -> str | None:
        types = self._plan.types(contract)
        vectors = [name for name in self._plan.outputs if types[name].kind == "vector"]
        return vectors[-1] if vectors else None

    def _checked(self, contract: Schema) -> Schema:
        for name, kind in self._plan.inputs.items():
            if name not in contract:
                raise ModelError(f"the bundle reads column {name!r}, which the schema does not have")
            column = contract[name]
            if kind.kind == "vector" and column.struct != "vector":
                raise ModelError(f"the bundle takes column {name!r} for a vector, the schema does not")
            if kind.kind == "number" and column.struct == "basic" and column.type == "string":
                raise ModelError(f"the bundle takes column {name!r} for a number, the schema for text")
        return contract

    def _fits_booster(self) -> None:
        if self.booster is None or self.feature_count is None:
            return
        # A model trained on libsvm may never have seen its last features.
        if self.booster.num_feature > self.feature_count or (
            self.booster.num_feature < self.feature_count and not self.booster.zeros_are_missing
        ):
            raise ModelError(
                f"the booster takes {self.booster.num_feature} features, the bundle makes {self.feature_count}"
            )


def _table(names: Sequence[str], made: Sequence[str], parts: Iterable[Sequence[Any]], table: Any) -> Any:
    """The named columns: those that were made, whose arrays each part has in order, and the table's own."""
    columns = dict(zip(made, map(pa.chunked_array, zip(*parts, strict=True)), strict=False))
    return pa.table([columns[name] if name in columns else table[name] for name in names], names=names)


def _columns(table: Any, offset: int) -> dict[str, AnyColumn]:
    return {name: from_arrow(table[name], name, offset) for name in table.schema.names}


def _vectors(column: AnyColumn) -> Vectors:
    if not isinstance(column, Dense | Sparse):
        raise ModelError("the features' column is not a vector")
    return column
