"""A plan, and its booster's trees, as one program of the compiled kernels: rows in, predictions out."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from pipeline.native import kernels
from pipeline.operators.row_code import PUT, TERMS, NumberPlace, Place, RowCode, TermsPlace, VectorPlace, WidePlace
from pipeline.schema.contract import Column, Schema
from pipeline.schema.text import INTEGER_BITS
from pipeline.scoring.compiled_trees import CompiledTrees
from pipeline.scoring.plan import Step

Array = np.ndarray[Any, Any]

# As in native/cells.h.
_KINDS = {"double": 0, "float": 1, "byte": 2, "short": 2, "int": 2, "long": 2, "boolean": 3, "string": 4}

# As in native/arrow.h.
_ARROW_KINDS = {
    "double": 0,
    "float": 1,
    "int8": 2,
    "int16": 3,
    "int32": 4,
    "int64": 5,
    "bool": 6,
    "string": 7,
    "large_string": 8,
}

# So much CSV is worth a thread.
_THREAD_BYTES = 1 << 20


class CompiledRows:
    """Scores whole rows: a prediction each where there are trees, else the plan's last number.

    None is returned for rows that hold anything unusual, good or bad: they are for the operators to score or refuse.
    """

    def __init__(self, program: Any, width: int, dtype: Any, threads: int) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._program = program
        self._width = width
        self._dtype = dtype
        self._score_row = kernels().score_row
        self._score_line = kernels().score_line

    def of_row(self, row: Any) -> float | None:
        """The value of one row, a list or tuple in the schema's order or a dict by name, where it is one number."""
        return self._score_row(self._program, row)  # type: ignore[no-any-return]

    def of_line(self, text: bytes) -> float | None:
        """The value of a single line of CSV, where it is one number and the line is ASCII without quotes."""
        return self._score_line(self._program, text)  # type: ignore[no-any-return]

    def of_rows(self, rows: Sequence[Any]) -> Array | None:
        """The values of a list of such rows: of shape (rows,), or (rows, classes)."""
        made = self._room(len(rows))
        done = kernels().score_rows(self._program, rows, made)
        return None if done is None else self._shaped(made)

    def of_csv(self, text: bytes) -> Array | None:
        """The values of lines of CSV without a header; see of_rows."""
        if b'"' in text or not (text.isascii() or _is_utf8(text)):
            return None
        parts = max(1, min(self._threads, len(text) // _THREAD_BYTES))
        if parts == 1:
            made = self._of_lines(text, 0, len(text))
            return None if made is None or not len(made) else self._shaped(made)
        ends = [0, *(text.find(b"\n", at * len(text) // parts) + 1 or len(text) for at in range(1, parts)), len(text)]
        with ThreadPoolExecutor(parts) as pool:
            found = list(pool.map(lambda part: self._of_lines(text, *part), itertools.pairwise(ends)))
        whole = [made for made in found if made is not None]
        return self._shaped(np.concatenate(whole)) if len(whole) == len(found) else None

    def of_table(self, table: Any) -> Array | None:
        """The values of an Arrow table's rows, whose columns are the schema's, of its types; see of_rows."""
        columns = [_arrow_column(column) for column in table.columns]
        if not table.num_rows or None in columns:
            return None
        made = self._room(table.num_rows)
        done = kernels().score_columns(self._program, tuple(columns), table.num_rows, made)
        return None if done is None else self._shaped(made)

    def _of_lines(self, text: bytes, start: int, end: int) -> Array | None:
        made = self._room(text.count(b"\n", start, end) + 1)
        done: int | None = kernels().score_csv(self._program, text, start, end, made)
        return None if done is None else made[:done]

    def _room(self, rows: int) -> Array:
        return np.empty((rows, self._width), dtype=self._dtype)

    def _shaped(self, made: Array) -> Array:
        return made[:, 0] if self._width == 1 else made


def compiled_rows(
    steps: Sequence[Step], schema: Schema, result: str, trees: CompiledTrees | None, *, size: int = 1, threads: int = 1
) -> CompiledRows | None:
    """The program that makes column `result`, of `size` values where it is a vector, and scores it with the trees.

    None where there are no kernels, or none for one of the steps or columns. Without trees the result is a number.
    Of a vector wider than the trees' features those are made that the trees ask for.
    """
    if kernels() is None or any(column.struct != "basic" for column in schema.columns):
        return None
    code = RowCode()
    places = {column.name: _input(code, column) for column in schema.columns}
    inputs = [_described(column, places[column.name]) for column in schema.columns]
    for step in steps:
        lowered = step.operator.lower_to(code, [places[name] for name in step.inputs], step.ports)
        if lowered is None:
            return None
        places.update(zip(step.outputs, lowered, strict=True))
    result_place = _result(code, places[result], size, trees)
    if result_place is None:
        return None
    program = kernels().new_program(
        np.array(inputs, dtype=np.int32),
        np.array(code.code, dtype=np.int64),
        np.array(code.constants, dtype=np.float64),
        tuple(code.words),
        tuple(code.tables),
        tuple(code.forests),
        (code.registers, code.texts, code.lists, *result_place),
        tuple(schema.names),
        None if trees is None else trees.owner,
        trees is not None and trees.zeros_are_missing,
    )
    width, dtype = (1, np.float64) if trees is None else (trees.width, np.float32)
    return CompiledRows(program, width, dtype, threads)


def _result(code: RowCode, made: Place, size: int, trees: CompiledTrees | None) -> tuple[int, int, bool] | None:
    """The register where a row's result begins, its size, and whether it is wide features instead."""
    if trees is None:
        return (made.register, 1, False) if isinstance(made, NumberPlace) else None
    if isinstance(made, VectorPlace) and made.size == size == trees.features:
        return made.register, made.size, False
    wide = WidePlace((made,)) if isinstance(made, VectorPlace | TermsPlace) else made
    if not isinstance(wide, WidePlace) or wide.size != size or (trees.features and trees.asked[-1] >= size):
        return None
    at = 0
    for part in wide.parts:
        first, after = np.searchsorted(trees.asked, [at, at + part.size]).tolist()
        _emit_part(code, part, trees.asked[first:after] - at, first)
        at += part.size
    return 0, trees.features, True


def _emit_part(code: RowCode, part: VectorPlace | TermsPlace, asked: Array, first: int) -> None:
    """Makes those of a part's values that are asked for, the features from `first` on."""
    if isinstance(part, VectorPlace):
        code.emit(PUT, part.size, part.register, code.table(asked), first)
        return
    table = np.full(part.size, -1, dtype=np.int32)
    table[asked] = np.arange(first, first + len(asked))
    factors = -1 if part.factors is None else code.keep(part.factors[asked])
    words = -1 if part.vocabulary is None else part.vocabulary
    operands = (words, part.size, part.legacy, part.binary, code.table(table), first, factors, part.tokens.list)
    code.emit(TERMS, *operands)


def _arrow_column(column: Any) -> tuple[Any, ...] | None:
    """A chunked array's validity, values, texts' ends, offset, and kind in native/arrow.h."""
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    kind = _ARROW_KINDS.get(str(array.type))
    if kind is None:
        return None
    valid, *ends, values = array.buffers()
    return valid if array.null_count else None, values, ends[0] if ends else None, array.offset, kind


def _input(code: RowCode, column: Column) -> Place:
    return code.text() if column.type == "string" else code.number(column.type)


def _described(column: Column, place: Place) -> tuple[int, int, int, int]:
    to = place.register if isinstance(place, NumberPlace) else place.text  # type: ignore[union-attr]
    return _KINDS[column.type], INTEGER_BITS.get(column.type, 64), column.nullable, to


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
