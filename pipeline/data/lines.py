"""Streams cut into blocks of whole lines, and of whole rows where a quoted cell holds line breaks.

Quotes are read as pyarrow reads them: a quote opens a cell only at the cell's start, and a doubled one does not close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np

from pipeline.errors import DataError

# A longer line is no row of data but a file of another kind.
MAX_LINE_BYTES = 64 << 20


def blocks_of(stream: BinaryIO, size: int, end_of: Callable[[bytes], int]) -> Iterator[bytes]:
    """Blocks of about `size` bytes; `end_of` says where the last whole line of a block ends, 0 for nowhere.

    Raises DataError for a line of more than 64 MiB.
    """
    rest = b""
    while data := stream.read(max(size, len(rest))):
        block = rest + data
        cut = end_of(block)
        if cut == 0 and len(block) > MAX_LINE_BYTES:
            raise DataError(f"a line of more than {MAX_LINE_BYTES >> 20} MiB", hint="is a quote left open?")
        rest = block[cut:]
        if cut:
            yield block[:cut]
    if rest:
        yield rest


def last_line_end(block: bytes) -> int:
    """Where the last whole line ends, 0 where there is none."""
    return block.rfind(b"\n") + 1


def last_row_end(block: bytes, delimiter: str = ",") -> int:
    """Where the last whole row of CSV ends, 0 where there is none; a block starts with a row."""
    end = last_line_end(block)
    if not end or b'"' not in block:
        return end
    opens, closes = _quoted(block, delimiter)
    while end:
        span = int(np.searchsorted(opens, end)) - 1
        if span < 0 or (span < len(closes) and closes[span] < end):
            return end
        end = block.rfind(b"\n", 0, int(opens[span])) + 1
    return 0


def first_row(block: bytes, delimiter: str = ",") -> tuple[bytes, bytes]:
    """The first row of CSV that is not blank, and what follows it."""
    block = block.lstrip(b"\r\n")
    ends = _row_ends(block, delimiter)
    end = int(ends[0]) if len(ends) else len(block)
    return block[:end], block[end:]


def wrong_quote(block: bytes, delimiter: str = ",") -> tuple[str, int] | None:
    """What is wrong with the first bad quoted cell, and where it opens: pyarrow may take many rows for it."""
    if b'"' not in block:
        return None
    opens, closes = _quoted(block, delimiter)
    after = np.frombuffer(block + b"\n", dtype=np.uint8)[closes + 1]
    overrun = np.flatnonzero(~_ends_cell(delimiter)[after])
    if len(overrun):
        return "text follows a closing quote", int(opens[overrun[0]])
    return ("a quote is left open", int(opens[-1])) if len(opens) > len(closes) else None


def rows_before(block: bytes, position: int, delimiter: str = ",") -> int:
    """How many rows of CSV end before a position; blank lines are no rows."""
    ends = _row_ends(block[:position], delimiter)
    starts = [0, *ends][: len(ends)]
    return sum(block[start:end] not in (b"\n", b"\r\n") for start, end in zip(starts, ends, strict=True))


def _row_ends(block: bytes, delimiter: str) -> Any:
    """Where rows end, the line break included."""
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == ord("\n"))
    if b'"' in block:
        opens, closes = _quoted(block, delimiter)
        ends = ends[np.searchsorted(opens, ends) == np.searchsorted(closes, ends)]
    return ends + 1


def _quoted(block: bytes, delimiter: str) -> tuple[Any, Any]:
    """Where quoted cells open and where they close; one that never does stands last."""
    data = np.frombuffer(block, dtype=np.uint8)
    firsts = lasts = np.flatnonzero(data == ord('"')).astype(np.int32)
    apart = np.diff(firsts, prepend=np.int32(-2)) > 1
    if not apart.all():
        # Of an even number of quotes side by side nothing stays open or closes.
        starts = np.flatnonzero(apart)
        lengths = np.diff(starts, append=len(firsts))
        firsts = firsts[starts[lengths % 2 == 1]]
        lasts = firsts + lengths[lengths % 2 == 1] - 1
    starts_cell = _ends_cell(delimiter)[data[firsts - 1]] | (firsts == 0)
    if not starts_cell[::2].all():
        # Quotes in the midst of cells are plain characters.
        turning = _turning(starts_cell.tolist())
        firsts, lasts = firsts[turning], lasts[turning]
    return firsts[::2], lasts[1::2]


def _ends_cell(delimiter: str) -> Any:
    """Whether a byte ends a cell."""
    ends = np.zeros(256, dtype=np.bool_)
    ends[list(b"\r\n" + delimiter.encode())] = True
    return ends


def _turning(starts_cell: list[bool]) -> list[int]:
    """Which quotes open or close a cell."""
    turning = []
    inside = False
    for place, starts in enumerate(starts_cell):
        if inside or starts:
            turning.append(place)
            inside = not inside
    return turning
