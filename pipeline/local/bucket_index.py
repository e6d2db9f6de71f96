"""What S3 holds, in SQLite beside the contents: buckets, their settings, and every version of every object."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from moto.s3.models import FakeBucket, FakeDeleteMarker, S3Backend

from pipeline.local.stored_keys import Content, StoredKey
from pipeline.local.transactions import transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, region TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (
    bucket TEXT NOT NULL, setting TEXT NOT NULL, query TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (bucket, setting)
);
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, versions TEXT NOT NULL, PRIMARY KEY (bucket, key)
);
"""

# What an object's description consists of, under moto's names; its headers, tags and content aside.
_CONSTRUCTED = (
    "encryption",
    "kms_key_id",
    "bucket_key_enabled",
    "lock_mode",
    "lock_legal_status",
    "lock_until",
    "checksum_value",
    "checksum_type",
    "checksum_parts",
)
_ASSIGNED = ("checksum_algorithm", "website_redirect_location")


@dataclass(frozen=True)
class Setting:
    """A bucket's setting as the request that made it: `PUT /bucket?query`."""

    bucket: str
    query: str
    body: bytes


class BucketIndex:
    """Keeps what moto's S3 holds; each change is one transaction. May be shared by threads."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        # A killed process loses nothing that was written; only a power cut may take the last moments.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Ends the use of the file."""
        with self._lock:
            self._connection.close()

    def save_bucket(self, backend: S3Backend, name: str) -> None:
        """Writes down that a bucket is there, or forgets it with all that was in it."""
        bucket = backend.buckets.get(name)
        with self._transaction() as run:
            if bucket is None:
                for table, column in (("buckets", "name"), ("settings", "bucket"), ("objects", "bucket")):
                    run(f"DELETE FROM {table} WHERE {column} = ?", (name,))  # noqa: S608 - names from above
            else:
                row = (name, bucket.region_name, bucket.creation_date.isoformat())
                run("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?)", row)

    def save_setting(self, setting: Setting) -> None:
        """Writes down the last request for a setting."""
        row = (setting.bucket, _name(setting.query), setting.query, setting.body)
        with self._transaction() as run:
            run("INSERT OR REPLACE INTO settings VALUES (?, ?, ?, ?)", row)

    def forget_setting(self, bucket: str, query: str) -> None:
        """The setting is the default again."""
        with self._transaction() as run:
            run("DELETE FROM settings WHERE bucket = ? AND setting = ?", (bucket, _name(query)))

    def save_object(self, backend: S3Backend, bucket: str, key: str) -> None:
        """Writes down all versions of an object, and removes the files of those that are gone."""
        with self._lock:
            versions = [_describe(backend, version) for version in _versions(backend, bucket, key)]
            before = self._written(bucket, key)
            with self._transaction() as run:
                if versions:
                    run("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)", (bucket, key, json.dumps(versions)))
                else:
                    run("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
            _remove(_files(before) - _files(versions))

    def take_back(self, backend: S3Backend, bucket: str, key: str) -> None:
        """Gives moto a bucket, or with a key an object, as it is written down, where a change could not be."""
        with self._lock:
            row = self._connection.execute("SELECT name FROM buckets WHERE name = ?", (bucket,)).fetchone()
            if row is None:
                backend.buckets.pop(bucket, None)
            if not key or bucket not in backend.buckets:
                return
            before = self._written(bucket, key)
            now = [_describe(backend, version) for version in _versions(backend, bucket, key)]
            kept: FakeBucket = backend.buckets[bucket]
            kept.keys.pop(key, None)
            if before:
                kept.keys.setlist(key, [_restore(backend, kept, key, version) for version in before])
            _remove(_files(now) - _files(before))

    def _written(self, bucket: str, key: str) -> list[dict[str, Any]]:
        """The versions of an object that are written down."""
        row = self._connection.execute(
            "SELECT versions FROM objects WHERE bucket = ? AND key = ?", (bucket, key)
        ).fetchone()
        return list(json.loads(row[0])) if row is not None else []

    def restore(self, backend: S3Backend) -> list[Setting]:
        """Gives moto what is written down, removes files that nothing names; returns settings, to be sent again."""
        for name, region, created in self._connection.execute("SELECT * FROM buckets").fetchall():
            backend.create_bucket(name, region).creation_date = datetime.fromisoformat(created)
        named: set[str] = set()
        for bucket, key, text in self._connection.execute("SELECT * FROM objects").fetchall():
            versions = json.loads(text)
            named |= _files(versions)
            kept: FakeBucket = backend.buckets[bucket]
            kept.keys.setlist(key, [_restore(backend, kept, key, version) for version in versions])
        for file in StoredKey.folder.iterdir():
            if file.name not in named:
                file.unlink()
        rows = self._connection.execute("SELECT bucket, query, body FROM settings").fetchall()
        return [Setting(*row) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        with self._lock, transaction(self._connection):
            yield self._connection.execute


def _name(query: str) -> str:
    """A setting's name: `policy`, or `inventory&id=x` for those of which there are several."""
    return query.partition("=")[0] if "&" not in query else query


def _versions(backend: S3Backend, bucket: str, key: str) -> list[Any]:
    found = backend.buckets.get(bucket)
    return list(found.keys.getlist(key, [])) if found is not None else []


def _files(versions: list[dict[str, Any]]) -> set[str]:
    return {version["file"] for version in versions if "file" in version}


def _remove(files: set[str]) -> None:
    for gone in files:
        (StoredKey.folder / gone).unlink(missing_ok=True)


def _describe(backend: S3Backend, version: Any) -> dict[str, Any]:
    common = {"version_id": version.version_id, "last_modified": version.last_modified.isoformat()}
    if isinstance(version, FakeDeleteMarker):
        return common
    return {
        **common,
        "file": version.content.path.name,
        "size": version.contentsize,
        "etag": version.etag.strip('"'),
        "storage": version.storage_class,
        "is_versioned": version._is_versioned,
        "headers": dict(version.metadata),
        "tags": backend.tagger.get_tag_dict_for_resource(version.arn),
        **{name: getattr(version, name) for name in (*_CONSTRUCTED, *_ASSIGNED)},
    }


def _restore(backend: S3Backend, bucket: FakeBucket, name: str, version: dict[str, Any]) -> Any:
    modified = datetime.fromisoformat(version["last_modified"])
    if "file" not in version:
        marker = FakeDeleteMarker(key=_Named(name))
        marker._version_id, marker.last_modified = version["version_id"], modified
        return marker
    key = StoredKey(
        name=name,
        value=Content(StoredKey.folder / version["file"], version["size"]),
        account_id=backend.account_id,
        region_name=backend.region_name,
        storage=version["storage"],
        etag=version["etag"],
        is_versioned=version["is_versioned"],
        version_id=version["version_id"],
        bucket_name=bucket.name,
        **{member: version[member] for member in _CONSTRUCTED},
    )
    key.last_modified = modified
    key.metadata.update(version["headers"])
    for member in _ASSIGNED:
        setattr(key, member, version[member])
    if version["tags"]:
        backend.put_object_tagging(key, version["tags"])
    return key


@dataclass
class _Named:
    """What a delete marker needs of the object that it hides."""

    name: str
