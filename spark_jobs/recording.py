"""One-hot rows written as recordIO-protobuf by the executors, a few thousand at a time.

Below a folder of this machine, or one that all machines see, each executor writes its own files. Elsewhere Python has
no file system: there the driver hands the bytes on, one shard after the other.
"""

from __future__ import annotations

import os
import uuid
from itertools import islice
from typing import Any, BinaryIO, Iterable, Iterator, List, Tuple

from spark_jobs import hadoop

# Rows that are encoded together.
ROWS = 16_384
_SUFFIX = "pbr"

# The two keys of a row, and its label.
Rating = Tuple[int, int, float]


def write(ratings: Any, folder: str, *, size: int, shards: int, labelled: bool = True) -> None:
    """Writes part-*.pbr below a folder or URI: sparse rows of `size` features with two ones each.

    `ratings` has the columns customer and item (indices), rating, and order, by which rows are spread over the shards
    and stand in them: the same rows make the same files whatever the partitions. A shard without rows is no file.
    """
    spread = ratings.repartition(shards, "order").sortWithinPartitions("order", "customer", "item")
    rows = spread.select("customer", "item", "rating").rdd
    local = _local(folder)
    if local is not None:
        os.makedirs(local, exist_ok=True)
        rows.mapPartitionsWithIndex(
            lambda shard, part: _write_part(local, shard, encoded(part, size, labelled))
        ).count()
        return
    blocks = rows.mapPartitionsWithIndex(
        lambda shard, part: ((shard, block) for block in encoded(part, size, labelled))
    )
    _hand_on(ratings.sparkSession, blocks.toLocalIterator(), folder)


def encoded(ratings: Iterable[Rating], size: int, labelled: bool) -> Iterator[bytes]:
    """Framed records of some ratings, many to a block."""
    import numpy as np

    from pipeline.recordio import Rows, encode_rows

    pending = iter(ratings)
    while True:
        some: List[Rating] = list(islice(pending, ROWS))
        if not some:
            return
        columns = np.array(some, dtype=np.float64)
        keys = columns[:, :2].astype(np.int64)
        yield encode_rows(Rows.of(keys, np.ones(keys.shape), size, columns[:, 2] if labelled else None))


def _local(folder: str) -> Any:
    """The path of a folder that Python itself can write to; None for any other URI."""
    if folder.startswith("file:"):
        return "/" + folder[len("file:") :].lstrip("/")
    return None if "://" in folder else folder


def _write_part(folder: str, shard: int, blocks: Iterator[bytes]) -> Iterator[int]:
    """Writes one file, which appears whole: what a task left half done, its next attempt does again."""
    first = next(blocks, None)
    if first is None:
        return
    os.makedirs(folder, exist_ok=True)
    unfinished = os.path.join(folder, f".{uuid.uuid4().hex}")
    try:
        with open(unfinished, "wb") as stream:
            _write_all(stream, first, blocks)
        os.replace(unfinished, os.path.join(folder, _name(shard)))
    except BaseException:
        os.remove(unfinished)
        raise
    yield shard


def _write_all(stream: BinaryIO, first: bytes, blocks: Iterator[bytes]) -> None:
    stream.write(first)
    for block in blocks:
        stream.write(block)


def _hand_on(spark: Any, blocks: Iterator[Tuple[int, bytes]], folder: str) -> None:
    stream, current = None, None
    try:
        for shard, block in blocks:
            if shard != current:
                if stream is not None:
                    stream.close()
                stream, current = hadoop.create(spark, f"{folder}/{_name(shard)}"), shard
            stream.write(bytearray(block))
    finally:
        if stream is not None:
            stream.close()


def _name(shard: int) -> str:
    return f"part-{shard:05d}.{_SUFFIX}"
