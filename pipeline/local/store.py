"""The resources of the service in SQLite: what was asked for, what became of it, and its tags.

Every change is one transaction, so that a service which is killed finds a state that once was.
Where the disk is full a change raises DataFolderError, and nothing has changed.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.local import states
from pipeline.local.errors import DataFolderError, ResourceInUse, ValidationException
from pipeline.local.transactions import transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    kind TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
    request TEXT NOT NULL, extra TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE TABLE IF NOT EXISTS tags (
    arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)
);
-- Counts and order of a list without the rows, which are large.
CREATE INDEX IF NOT EXISTS listed ON resources (kind, status, created, name);
"""

_COUNTS = """
SELECT kind, status, count(*) FROM resources INDEXED BY listed
WHERE kind IN (SELECT value FROM json_each(?)) GROUP BY kind, status
"""
_NEWEST = """
SELECT kind, name, arn, status,
    (SELECT json_group_object(value, json_extract(request, '$.' || value)) FROM json_each(:request)
        WHERE json_type(request, '$.' || value) IS NOT NULL),
    (SELECT json_group_object(value, json_extract(extra, '$.' || value)) FROM json_each(:extra)
        WHERE json_type(extra, '$.' || value) IS NOT NULL),
    created, modified
FROM resources WHERE rowid IN (
    SELECT rowid FROM resources INDEXED BY listed WHERE kind IN (SELECT value FROM json_each(:kinds))
    ORDER BY created DESC, name DESC LIMIT :count OFFSET :start
) ORDER BY created DESC, name DESC
"""


@dataclass(frozen=True)
class Resource:
    """One resource: `request` as its creator sent it, `extra` what the service adds; times in seconds of the epoch."""

    kind: str
    name: str
    arn: str
    status: str
    request: dict[str, Any]
    extra: dict[str, Any]
    created: float
    modified: float


class Store:
    """Resources by kind (see states.py) and name. May be shared by threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._transitions, self._transition = 0, threading.Condition()
        self._seen = threading.local()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Ends the use of the file."""
        with self._lock:
            self._connection.close()

    def create(
        self,
        kind: str,
        name: str,
        arn: str,
        request: Mapping[str, Any],
        *,
        extra: Mapping[str, Any] | None = None,
        tags: Iterable[Mapping[str, str]] = (),
    ) -> Resource:
        """A new resource in its kind's first status; raises ResourceInUse where the name is taken."""
        now = time.time()
        row = (kind, name, arn, states.initial(kind), _text(request), _text(extra or {}), now, now)
        with self._transaction():
            try:
                self._connection.execute("INSERT INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError as error:
                raise ResourceInUse(f"{kind} {name} already exists") from error
            self._put_tags(arn, tags)
            return self._get(kind, name)

    def find(self, kind: str, name: str) -> Resource | None:
        """The resource, or None."""
        with self._lock:
            row = self._connection.execute(
                "SELECT * FROM resources WHERE kind = ? AND name = ?", (kind, name)
            ).fetchone()
        return None if row is None else _resource(row)

    def find_arn(self, arn: str) -> Resource | None:
        """The resource of an ARN, or None."""
        with self._lock:
            row = self._connection.execute("SELECT * FROM resources WHERE arn = ?", (arn,)).fetchone()
        return None if row is None else _resource(row)

    def all(self, kind: str) -> list[Resource]:
        """All resources of a kind, the oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT * FROM resources WHERE kind = ? ORDER BY created, name", (kind,)
            ).fetchall()
        return [_resource(row) for row in rows]

    def counts(self, kinds: Iterable[str]) -> Counter[tuple[str, str]]:
        """How many resources there are of these kinds, by kind and status."""
        with self._lock:
            rows = self._connection.execute(_COUNTS, (json.dumps(list(kinds)),)).fetchall()
        return Counter({(kind, status): count for kind, status, count in rows})

    def newest(
        self, kinds: Iterable[str], start: int, count: int, *, request: Sequence[str] = (), extra: Sequence[str] = ()
    ) -> list[Resource]:
        """At most `count` resources of these kinds after the first `start`, the newest first.

        They have only the members of `request` and `extra` that are named, in ASCII; of others nothing is read.
        """
        asked = {"request": request, "extra": extra, "kinds": list(kinds)}
        named = {name: json.dumps(names) for name, names in asked.items()}
        with self._lock:
            rows = self._connection.execute(_NEWEST, {**named, "count": count, "start": start}).fetchall()
        return [_resource(row) for row in rows]

    def transition(self, kind: str, name: str, status: str, **extra: Any) -> Resource:
        """Puts a resource into another status and merges fields; raises IllegalTransition where none leads there."""
        with self._transaction():
            old = self._get(kind, name)
            states.check(kind, name, old.status, status)
            self._write(old, status, {**old.extra, **extra})
            changed = self._get(kind, name)
        with self._transition:
            self._transitions += 1
            self._transition.notify_all()
        return changed

    def pause(self, seconds: float) -> None:
        """Sleeps for that long, or until a transition that is later than the last one this thread slept for."""
        seen = getattr(self._seen, "transitions", 0)
        with self._transition:
            self._transition.wait_for(lambda: self._transitions != seen, seconds)
            self._seen.transitions = self._transitions

    def update(self, kind: str, name: str, **extra: Any) -> Resource:
        """Merges fields into what the service adds; the status stays."""
        with self._transaction():
            old = self._get(kind, name)
            self._write(old, old.status, {**old.extra, **extra})
            return self._get(kind, name)

    def delete(self, kind: str, name: str) -> None:
        """Forgets a resource and its tags."""
        with self._transaction():
            resource = self._get(kind, name)
            self._connection.execute("DELETE FROM tags WHERE arn = ?", (resource.arn,))
            self._connection.execute("DELETE FROM resources WHERE kind = ? AND name = ?", (kind, name))

    def tags(self, arn: str) -> list[dict[str, str]]:
        """The tags of a resource as SageMaker lists them, sorted by key."""
        with self._lock:
            rows = self._connection.execute("SELECT key, value FROM tags WHERE arn = ? ORDER BY key", (arn,)).fetchall()
        return [{"Key": key, "Value": value} for key, value in rows]

    def add_tags(self, arn: str, tags: Iterable[Mapping[str, str]]) -> None:
        """Adds tags, or gives those that are there another value."""
        with self._transaction():
            self._put_tags(arn, tags)

    def delete_tags(self, arn: str, keys: Iterable[str]) -> None:
        """Removes tags by key; keys that are not there are no error."""
        with self._transaction():
            self._connection.executemany("DELETE FROM tags WHERE arn = ? AND key = ?", [(arn, key) for key in keys])

    def _get(self, kind: str, name: str) -> Resource:
        found = self.find(kind, name)
        if found is None:
            raise ValidationException(f'Could not find {kind} "{name}".')
        return found

    def _write(self, old: Resource, status: str, extra: Mapping[str, Any]) -> None:
        self._connection.execute(
            "UPDATE resources SET status = ?, extra = ?, modified = ? WHERE kind = ? AND name = ?",
            (status, _text(extra), time.time(), old.kind, old.name),
        )

    def _put_tags(self, arn: str, tags: Iterable[Mapping[str, str]]) -> None:
        rows = [(arn, tag["Key"], tag["Value"]) for tag in tags]
        self._connection.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with self._lock, transaction(self._connection):
                yield
        except sqlite3.OperationalError as error:
            raise DataFolderError(
                f"the service cannot write its state: {error}", hint="make space on the disk of its data folder"
            ) from error


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document)


def _resource(row: tuple[Any, ...]) -> Resource:
    kind, name, arn, status, request, extra, created, modified = row
    return Resource(kind, name, arn, status, json.loads(request), json.loads(extra), created, modified)
