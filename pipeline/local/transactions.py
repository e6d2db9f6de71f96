"""SQLite's transactions, such that a disk that is full leaves none half open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is executed inside, or nothing; the connection, in autocommit mode, may be used on after an error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # Where the disk is full SQLite may have taken it back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
