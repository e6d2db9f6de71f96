"""A table's rows in chunks, several at once where there are cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from typing import Any, TypeVar

# Rows that are worked on at once, at most: their columns stay in the processor's cache.
CHUNK_ROWS = 16_384

Made = TypeVar("Made")
Work = Callable[[Any, int], Made]


def each_chunk(table: Any, work: Work[Made], *, offset: int, threads: int) -> Iterator[Made]:
    """What `work` makes of each chunk, a table, in order; it gets how many rows stand before, past `offset`.

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
        return work(table.slice(at, size), offset + at)

    if workers == 1:
        yield from map(made, starts)
        return
    with ThreadPoolExecutor(workers) as pool:
        try:
            yield from pool.map(made, starts)
        finally:
            pool.shutdown(cancel_futures=True)
