"""Objects of the stacks' buckets: put there where they are not yet, and all taken out before a bucket is deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from pipeline.errors import DeploymentError

Said = Callable[[str], None]
# So many uploads at once; so many objects S3 deletes in one request.
_UPLOADS, _DELETED = 8, 1000
# Metadata of an object that was put alone.
_HASH = "sha256"


def put(s3: Any, bucket: str, key: str, content: bytes) -> str:
    """Puts an object where it is not there with this very content; returns the id of its version."""
    from botocore.exceptions import ClientError

    digest = hashlib.sha256(content).hexdigest()
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
        if head["Metadata"].get(_HASH) == digest:
            return str(head.get("VersionId", "null"))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
            raise
    reply = s3.put_object(Bucket=bucket, Key=key, Body=content, Metadata={_HASH: digest})
    return str(reply.get("VersionId", "null"))


def mirror(s3: Any, bucket: str, prefix: str, files: Mapping[str, bytes], *, keep: tuple[str, ...] = ()) -> int:
    """Makes the keys below a prefix these files; returns how many were put or deleted.

    What is there and not among the files goes, but for keys that begin with one of `keep`. Raises DeploymentError for
    what S3 refuses to delete.
    """
    there: dict[str, str] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
        there |= {found["Key"].removeprefix(f"{prefix}/"): _etag(found) for found in page.get("Contents", ())}
    changed = [name for name, content in files.items() if there.get(name) != _md5(content)]
    with ThreadPoolExecutor(_UPLOADS) as uploads:
        list(uploads.map(lambda name: s3.put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=files[name]), changed))
    gone = [name for name in there if name not in files and not name.startswith(keep)]
    for start in range(0, len(gone), _DELETED):
        keys = [{"Key": f"{prefix}/{name}"} for name in gone[start : start + _DELETED]]
        _delete(s3, bucket, keys)
    return len(changed) + len(gone)


def count_objects(s3: Any, bucket: str) -> int:
    """How many objects, older versions and markers of deletion a bucket has; 0 for one that is gone."""
    if not _first_versions(s3, bucket):
        return 0
    return sum(len(_versions(page)) for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket))


def empty(s3: Any, bucket: str, said: Said) -> int:
    """Deletes all versions of all objects; returns how many. Raises DeploymentError for what S3 refuses to delete."""
    count = 0
    while keys := _first_versions(s3, bucket):
        _delete(s3, bucket, keys)
        count += len(keys)
        said(f"  {bucket}: {count} objects and versions deleted")
    return count


def _delete(s3: Any, bucket: str, keys: list[dict[str, str]]) -> None:
    reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    for kept in reply.get("Errors", ()):
        raise DeploymentError(f"s3://{bucket}/{kept.get('Key')}: {kept.get('Code')}: {kept.get('Message')}")


def _first_versions(s3: Any, bucket: str) -> list[dict[str, str]]:
    """What a bucket lists first; nothing where it is gone."""
    from botocore.exceptions import ClientError

    try:
        return _versions(s3.list_object_versions(Bucket=bucket))
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
        return []


def _versions(page: Mapping[str, Any]) -> list[dict[str, str]]:
    """Keys and versions of what a page lists, as a request to delete them has it."""
    found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
    return [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]


def _etag(found: Mapping[str, Any]) -> str:
    """The MD5 sum of an object; something else, so that it is put again, where a key of one's own encrypts it."""
    return str(found["ETag"]).strip('"')


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
