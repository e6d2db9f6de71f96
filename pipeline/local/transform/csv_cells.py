"""Rows of CSV as the cells that stand in them, quotes included: what is not touched keeps its bytes."""

from __future__ import annotations

_QUOTE = b'"'


def split_cells(row: bytes) -> list[bytes]:
    """The cells of one row as written; a quote at a cell's start lets it hold commas. Source: RFC 4180.

    Raises ValueError for a quote that is left open.
    """
    parts = row.split(b",")
    if _QUOTE not in row:
        return parts
    cells: list[bytes] = []
    held: list[bytes] = []
    for part in parts:
        held.append(part)
        if not _is_open(held):
            cells.append(b",".join(held))
            held = []
    if held:
        raise ValueError("a quote is left open")
    return cells


def split_rows(body: bytes) -> list[bytes]:
    """The rows of a reply without their line ends; one inside quotes ends none, and the last may have none."""
    lines = body.removesuffix(b"\n").split(b"\n") if body else []
    if _QUOTE not in body:
        return [line.removesuffix(b"\r") for line in lines]
    rows: list[bytes] = []
    held: list[bytes] = []
    for line in lines:
        held.append(line)
        row = b"\n".join(held)
        if is_whole(row):
            rows.append(row.removesuffix(b"\r"))
            held = []
    return [*rows, b"\n".join(held)] if held else rows


def is_whole(row: bytes) -> bool:
    """Whether every quote that opens a cell is closed."""
    if _QUOTE not in row:
        return True
    try:
        split_cells(row)
    except ValueError:
        return False
    return True


def _is_open(parts: list[bytes]) -> bool:
    """Whether parts between commas are a cell whose quote is not closed."""
    return parts[0].startswith(_QUOTE) and sum(part.count(_QUOTE) for part in parts) % 2 == 1
