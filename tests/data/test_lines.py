"""Blocks of whole rows: what is cut and put together again is what was there."""

from __future__ import annotations

import io
import time
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.data import lines
from pipeline.data.csv import line_blocks
from pipeline.data.lines import blocks_of, first_row, last_line_end, rows_before, wrong_quote
from pipeline.errors import DataError

# Every order of the characters that matter.
TEXTS = st.text('a,"\n\r', max_size=40).map(str.encode)


def pyarrow_rows(text: bytes) -> list[str]:
    """The text of each row, as pyarrow tells rows apart: all are too short, and so shown to the handler."""
    rows: list[str] = []

    def keep(row: Any) -> str:
        rows.append(row.text)
        return "skip"

    if text.strip(b"\r\n"):
        pc.read_csv(
            pa.BufferReader(text),
            read_options=pc.ReadOptions(column_names=list(map(str, range(100))), use_threads=False),
            parse_options=pc.ParseOptions(newlines_in_values=True, invalid_row_handler=keep),
        )
    return rows


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


CELLS = st.text('a,"\n\r', max_size=5).map(quoted) | st.text('ab"', max_size=4).map(lambda text: "x" + text)
ROWS = st.lists(st.tuples(CELLS, CELLS).map(",".join), min_size=1, max_size=12)


@given(rows=ROWS, ending=st.sampled_from(["\n", "\r\n", "\n\n"]), size=st.integers(1, 40), last=st.booleans())
def test_blocks_hold_whole_rows(rows: list[str], ending: str, size: int, last: bool) -> None:
    text = (ending.join(rows) + ending * last).encode()
    blocks = list(line_blocks(io.BytesIO(text), size))
    assert b"".join(blocks) == text
    assert [row for block in blocks for row in pyarrow_rows(block)] == pyarrow_rows(text)
    assert all(wrong_quote(block) is None for block in blocks)


@given(rows=ROWS)
def test_rows_before_a_position_are_counted(rows: list[str]) -> None:
    text = "".join(f"{row}\n\r\n" for row in rows).encode()
    assert rows_before(text, len(text)) == len(rows)
    first, rest = first_row(b"\n" + text)
    assert first.decode() == rows[0] + "\n"
    assert rows_before(rest, len(rest)) == len(rows) - 1


@given(text=TEXTS)
@example(text=b'a"')
@example(text=b'"a""')
@example(text=b'"a"b"')
@settings(max_examples=400)
def test_an_open_quote_is_where_pyarrow_reads_on(text: bytes) -> None:
    swallowed = pyarrow_rows(text + b"\nz\n")[-1] != "z"
    wrong = wrong_quote(text)
    assert wrong is not None if swallowed else wrong is None or wrong[0] == "text follows a closing quote"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (b'"a",b\n', None),
        (b'a"b,5"\r\n', None),
        (b'"a""b\n","""",""\n', None),
        (b'"a', ("a quote is left open", 0)),
        (b'a,"b""\nc\n', ("a quote is left open", 2)),
        (b'"a"b,1\n', ("text follows a closing quote", 0)),
        (b'"a",1\n"a,1\n"b",1\n', ("text follows a closing quote", 6)),
        (b'a,"b" ,1\n', ("text follows a closing quote", 2)),
    ],
)
def test_a_wrong_quote_is_found(text: bytes, wrong: tuple[str, int] | None) -> None:
    assert wrong_quote(text) == wrong


@given(text=TEXTS, size=st.integers(1, 9))
def test_any_text_is_cut_without_loss(text: bytes, size: int) -> None:
    assert b"".join(line_blocks(io.BytesIO(text), size)) == text
    blocks = list(blocks_of(io.BytesIO(text), size, last_line_end))
    assert b"".join(blocks) == text
    assert all(block.endswith(b"\n") for block in blocks[:-1])


def test_a_quote_after_the_delimiter_opens_a_cell() -> None:
    assert wrong_quote(b'a;"b', ";") == ("a quote is left open", 2)
    assert wrong_quote(b'a;"b', ",") is None
    # Without a delimiter any usual one will do.
    row = b'a;"b\n\nc"\n'
    assert next(line_blocks(io.BytesIO(row + b"d\n" * 20), 3)).startswith(row)


@pytest.mark.parametrize("text", [b'5" pipe,1\n' * 200_000, b'"a ""b"" c",1\n' * 200_000, b'"' + b"a,1\n" * 400_000])
def test_quotes_cost_little(text: bytes) -> None:
    started = time.perf_counter()
    assert b"".join(line_blocks(io.BytesIO(text))) == text
    assert time.perf_counter() - started < 3


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1 << 20)
    assert list(line_blocks(io.BytesIO(b"a" * (1 << 20)), 1 << 10)) == [b"a" * (1 << 20)]
    with pytest.raises(DataError, match="a line of more than 1 MiB") as caught:
        list(line_blocks(io.BytesIO(b'"' + b"a\n" * (1 << 20)), 1 << 10))
    assert "quote" in str(caught.value.hint)
