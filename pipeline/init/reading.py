"""The whole file read once, in blocks: a profile of each column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow.compute as pc

from pipeline.data.csv import CsvOptions, line_blocks, parse_block
from pipeline.data.lines import first_row
from pipeline.errors import DataError
from pipeline.init.profile import ColumnProfile
from pipeline.schema import Column, Schema


def profile_columns(stream: BinaryIO, names: tuple[str, ...], options: CsvOptions, label: int) -> list[ColumnProfile]:
    """Profiles of all columns of a file; `label` is the label's place.

    Raises DataError, with row and column, for what is no CSV in UTF-8, for rows of another length, and for a line
    break inside a cell, which Spark's reader by lines does not take.
    """
    schema = Schema(tuple(Column(name, "string", nullable=True) for name in names))
    profiles = [ColumnProfile(name) for name in names]
    rows = 0
    for block in _rows(stream, options):
        table = parse_block(block, schema, options, rows)
        arrays = [column.combine_chunks() for column in table.columns]
        if b'"' in block:
            _refuse_line_breaks(block, arrays, names, rows)
        if options.header:
            _refuse_header(arrays, names, rows)
        for profile, array in zip(profiles, arrays, strict=True):
            profile.add(array, rows)
            profile.same_as_label = profile.same_as_label and array.equals(arrays[label])
        rows += table.num_rows
    return profiles


def _rows(stream: BinaryIO, options: CsvOptions) -> Iterator[bytes]:
    """Blocks of rows, past the header."""
    blocks = line_blocks(stream, delimiter=options.delimiter)
    if options.header:
        yield first_row(next(blocks), options.delimiter)[1]
    yield from blocks


def _refuse_line_breaks(block: bytes, arrays: list[Any], names: tuple[str, ...], offset: int) -> None:
    if block.count(b"\n") <= len(arrays[0]) and b"\r" not in block:
        return
    for name, array in zip(names, arrays, strict=True):
        broken = pc.match_substring_regex(array, "[\r\n]").index(True).as_py()
        if broken >= 0:
            raise DataError(
                "a line break inside a value",
                row=offset + broken + 1,
                column=name,
                expected="each row on one line",
                hint="write a space in its place: the Spark job reads line by line",
            )


def _refuse_header(arrays: list[Any], names: tuple[str, ...], offset: int) -> None:
    again = pc.equal(arrays[0], names[0]).fill_null(False)
    for name, array in zip(names[1:], arrays[1:], strict=True):
        if not pc.any(again).as_py():
            return
        again = pc.and_(again, pc.equal(array, name).fill_null(False))
    if pc.any(again).as_py():
        raise DataError(
            "the header line stands here again",
            row=offset + again.index(True).as_py() + 1,
            hint="remove it: were files put one after the other?",
        )
