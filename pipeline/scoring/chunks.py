"""A table's rows in chunks, several at once where there are cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from typing import Any, TypeVar

from pipeline.columns import AnyColumn
from pipeline.scoring.arrow import from_arrow

# Rows that are worked on at once, at most: their columns stay in the processor's cache.
CHUNK_ROWS = 16_384

Made = TypeVar("Made")
Work = Callable[[Mapping[str, AnyColumn], int], Made]


def each_chunk(table: Any, work: Work[Made], *, offset: int, threads: int) -> Iterator[Made]:
    """What `work` makes of each chunk's columns, in order; it gets how many rows stand before, past `offset`.

    `threads` bounds how many chunks are worked on at once, 0 for all cores; NumPy and Arrow let go of the interpreter.
    Of several errors the first chunk's is raised.
    """
    rows = max(table.num_rows, 1)
    workers = min(threads or os.cpu_count() or 1, ceil(rows / CHUNK_ROWS))
    # As many chunks for each worker: none is left alone with the last one.
    count = ceil(rows / CHUNK_ROWS / workers) * workers
    size = ceil(rows / count)
    starts = range(0, rows, size)

    def made(at: int) -> Made:
        part = table.slice(at, size)
        columns = {name: from_arrow(part[name], name, offset + at) for name in table.schema.names}
        return work(columns, offset + at)

    if workers == 1:
        yield from map(made, starts)
        return
    with ThreadPoolExecutor(workers) as pool:
        try:
            yield from pool.map(made, starts)
        finally:
            pool.shutdown(cancel_futures=True)
