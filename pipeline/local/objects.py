"""S3 objects by URI, as jobs read and write them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.local.errors import JobFailure


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key` (or `s3a://`); raises JobFailure for any other text."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in {"s3", "s3a", "s3n"} or not bucket:
        raise JobFailure(f"{uri!r} is not the URI of an S3 object", hint="write it s3://bucket/key")
    return bucket, key


class Objects:
    """An S3 client behind URIs; every error of the store is a JobFailure that names the URI.

    An object appears as a whole or not at all. May be shared by threads.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def keys(self, uri: str) -> list[str]:
        """The URIs of all objects whose key starts as this one does, sorted; without the markers of empty folders."""
        bucket, prefix = split_uri(uri)
        with _store_errors(uri):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            found = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return [f"s3://{bucket}/{key}" for key in sorted(found) if not key.endswith("/")]

    def read(self, uri: str) -> bytes:
        """The content of one object; raises JobFailure where it is not there."""
        bucket, key = split_uri(uri)
        with _store_errors(uri):
            content: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def download(
        self, uri: str, folder: Path, *, data_type: str = "S3Prefix", shard: tuple[int, int] = (0, 1)
    ) -> list[Path]:
        """Puts the objects of a data source into a folder and returns their paths, in the order of their keys.

        `data_type` is SageMaker's S3DataType: of an `S3Prefix` the paths are relative to the prefix, of a
        `ManifestFile` they are those that the manifest lists. `shard` is (index, count): this one's part of the
        objects when they are ShardedByS3Key. Raises JobFailure where no object is there, or two would be one file.
        """
        sources = self._sources(uri, data_type)
        if not sources:
            raise JobFailure(
                f'ClientError: Data download failed: No S3 objects found under S3 URL "{uri}" given in input data '
                "source. Please ensure that the bucket exists and that objects exist under that S3 prefix."
            )
        folder.mkdir(parents=True, exist_ok=True)
        index, count = shard
        paths: dict[Path, str] = {}
        for source, relative in sources[index::count]:
            path = folder / relative
            if path in paths:
                raise JobFailure(f"{source} and {paths[path]} would both be the file {relative}")
            paths[path] = source
            self.fetch(source, path)
        return list(paths)

    def fetch(self, uri: str, path: Path) -> None:
        """One object to that file."""
        bucket, key = split_uri(uri)
        with _store_errors(uri):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._client.download_file(bucket, key, str(path))

    def upload(self, path: Path, uri: str) -> None:
        """One file to that object."""
        bucket, key = split_uri(uri)
        with _store_errors(uri):
            self._client.upload_file(str(path), bucket, key)

    def upload_folder(self, folder: Path, uri: str) -> list[str]:
        """All files below a folder to keys below the URI; returns their URIs, sorted."""
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        made = [f"{uri.rstrip('/')}/{path.relative_to(folder).as_posix()}" for path in files]
        for path, target in zip(files, made, strict=True):
            self.upload(path, target)
        return made

    def exists(self, uri: str) -> bool:
        """Whether there is an object of exactly that key."""
        bucket, key = split_uri(uri)
        with _store_errors(uri):
            found = self._client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
        return any(entry["Key"] == key for entry in found.get("Contents", ()))

    def delete(self, uri: str) -> None:
        """Removes one object; one that is not there is no error."""
        bucket, key = split_uri(uri)
        with _store_errors(uri):
            self._client.delete_object(Bucket=bucket, Key=key)

    def require_bucket(self, uri: str) -> None:
        """Raises JobFailure where the URI's bucket is not there."""
        bucket, _ = split_uri(uri)
        with _store_errors(uri):
            self._client.head_bucket(Bucket=bucket)

    def _sources(self, uri: str, data_type: str) -> list[tuple[str, PurePosixPath]]:
        """URI and relative path of each object of a data source, in the order of their keys."""
        if data_type == "S3Prefix":
            return [(key, _below(uri, key)) for key in self.keys(uri)]
        if data_type == "ManifestFile":
            return _manifest(uri, self.read(uri))
        raise JobFailure(
            f"S3DataType {data_type} is not supported here", hint="S3Prefix and ManifestFile are: list the objects"
        )


def _below(prefix: str, uri: str) -> PurePosixPath:
    """The path of an object relative to the folder that a prefix names, or is in."""
    start = prefix if prefix.endswith("/") else f"{prefix}/"
    if not uri.startswith(start):
        start = prefix.rpartition("/")[0] + "/"
    return _safe(uri, uri.removeprefix(start))


def _manifest(uri: str, content: bytes) -> list[tuple[str, PurePosixPath]]:
    """What a manifest lists: `[{"prefix": "s3://bucket/folder/"}, "path", ...]`. Source: SageMaker, S3DataSource."""
    try:
        first, *names = json.loads(content)
        prefix = first["prefix"]
        split_uri(prefix)
        return sorted((prefix + name, _safe(prefix + name, name)) for name in names)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise JobFailure(
            f"{uri} is not a manifest: {error}",
            hint='a manifest is a JSON list: [{"prefix": "s3://bucket/folder/"}, "path", ...]',
        ) from error


def _safe(uri: str, name: str) -> PurePosixPath:
    """The name as a path that cannot leave its folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
        raise JobFailure(f"the key of {uri} cannot be a path of a file")
    return path


@contextmanager
def _store_errors(uri: str) -> Iterator[None]:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (ClientError, Boto3Error, BotoCoreError) as error:
        raise JobFailure(f"{uri}: {error}") from error
