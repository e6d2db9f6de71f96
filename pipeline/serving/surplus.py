"""What rows hold beyond their contract, left out: AWS's container does so always, this endpoint where told to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.schema.contract import Schema


def without_surplus(rows: Sequence[Any], schema: Schema) -> list[Any]:
    """JSON rows with the contract's names alone, or cut to its number of values."""
    return [_row(row, schema) for row in rows]


def _row(row: Any, schema: Schema) -> Any:
    if isinstance(row, dict):
        return {name: value for name, value in row.items() if name in schema}
    return row[: len(schema.columns)] if isinstance(row, list) else row


def without_surplus_cells(body: bytes, width: int) -> bytes:
    """CSV rows cut to `width` cells; commas and line ends inside quotes belong to their cell.

    A body with a quote left open stays as it is: its reader explains it.
    """
    kept: list[bytes] = []
    place = 0
    parts = body.split(b'"')
    if len(parts) % 2 == 0:
        return body
    for number, part in enumerate(parts):
        if number % 2:
            # The parts at odd places stand inside quotes.
            if place < width:
                kept += (b'"', part, b'"')
            continue
        for line_number, line in enumerate(part.split(b"\n")):
            if line_number:
                kept.append(b"\n")
                place = 0
            cells = line.split(b",")
            kept.append(b",".join(cells[: max(width - place, 0)]))
            place += len(cells) - 1
    return b"".join(kept)
