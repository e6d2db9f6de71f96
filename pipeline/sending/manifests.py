"""Data sources as lists of their objects.

A prefix names all files that begin alike. An object's name is one too: a manifest is that object alone. Of the run's
own files Spark's markers are left out so; who looks before sending whether the data is there, as Airflow's operators
do, finds neither object nor folder of such a name, but the manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pipeline.errors import StepError
from pipeline.sending.objects import split

_DIGEST = 10


def with_manifests(request: Mapping[str, Any], s3: Any, step: str, root: str, *, own: bool = True) -> dict[str, Any]:
    """The request with a manifest, written below the run's `root`, for each source that is no folder.

    Without `own` the run's own files are left as they are. Raises StepError, for `step`, where no object begins so.
    """
    made: dict[str, Any] = _Manifests(s3, step, root, own).replaced(request)
    return made


class _Manifests:
    """Those of one request."""

    def __init__(self, s3: Any, step: str, root: str, own: bool) -> None:
        self._s3, self._step, self._root, self._own = s3, step, root, own

    def replaced(self, value: Any) -> Any:
        """JSON-ready data with a manifest in the place of each source."""
        if isinstance(value, list):
            return [self.replaced(one) for one in value]
        if not isinstance(value, Mapping):
            return value
        uri = str(value.get("S3Uri", ""))
        if value.get("S3DataType") == "S3Prefix" and not uri.endswith("/"):
            manifest = self._manifest(uri)
            return dict(value) if manifest is None else {**value, "S3DataType": "ManifestFile", "S3Uri": manifest}
        return {key: self.replaced(one) for key, one in value.items()}

    def _manifest(self, uri: str) -> str | None:
        """The URI of a source's manifest; None where it needs none."""
        is_own = uri.startswith(f"{self._root}/")
        if is_own and not self._own:
            return None
        found = self._objects(uri)
        if not found:
            raise StepError(self._step, f"nothing in S3 begins with {uri}")
        folder = uri.rpartition("/")[0]
        if is_own:
            # No other file of a run begins as one of its objects does.
            return None if uri in found else self._write(f"{folder}.manifest", folder, found)
        # Other folders are not for the run to write to.
        name = hashlib.sha256(uri.encode()).hexdigest()[:_DIGEST]
        return self._write(f"{self._root}/input/{name}.manifest", folder, [uri] if uri in found else found)

    def _objects(self, uri: str) -> list[str]:
        bucket, prefix = split(uri)
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [f"s3://{bucket}/{found['Key']}" for page in pages for found in page.get("Contents", [])]

    def _write(self, manifest: str, folder: str, found: list[str]) -> str:
        content = [{"prefix": f"{folder}/"}, *(one.removeprefix(f"{folder}/") for one in found)]
        bucket, key = split(manifest)
        self._s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(content).encode())
        return manifest
