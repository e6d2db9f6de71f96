"""Files to S3 and back, by URI."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.plan.steps import Upload

# How often an object is read, and seconds before the second time.
_READS, _PAUSE = 5, 0.2


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def send_upload(s3: Any, upload: Upload) -> int:
    """Uploads what the plan names; returns the number of objects. Raises ConfigError where it has no source."""
    if upload.content is not None:
        bucket, key = split(upload.uri)
        s3.put_object(Bucket=bucket, Key=key, Body=upload.content)
        return 1
    if upload.path is None:
        raise ConfigError("there are no rows to run on", hint="give --input FILE, or name data.location")
    count = 0
    for file, uri in _files(upload.path, upload.uri):
        bucket, key = split(uri)
        s3.upload_file(str(file), bucket, key)
        count += 1
    return count


def read(s3: Any, uri: str) -> bytes:
    """The content of an object; a transfer that was cut off is begun again."""
    from botocore.exceptions import HTTPClientError, IncompleteReadError

    bucket, key = split(uri)
    for attempt in range(_READS):
        try:
            content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            return content
        except (HTTPClientError, IncompleteReadError):
            if attempt == _READS - 1:
                raise
            time.sleep(_PAUSE * 2**attempt)
    raise AssertionError("the last attempt returns or raises")


def download_folder(s3: Any, uri: str, folder: Path) -> list[Path]:
    """Writes all objects below a URI into a folder, at the same relative paths."""
    bucket, prefix = split(uri if uri.endswith("/") else f"{uri}/")
    made = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            path = folder / found["Key"].removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, found["Key"], str(path))
            made.append(path)
    return made


def _files(path: Path, uri: str) -> Iterator[tuple[Path, str]]:
    if path.is_file():
        yield path, uri
        return
    base = uri if uri.endswith("/") else f"{uri}/"
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        yield file, base + file.relative_to(path).as_posix()
