"""Data sources as lists of their objects.

A request names files that begin alike, so that Spark's markers beside them are left out. Who looks before sending
whether the data is there, as Airflow's operators do, finds neither object nor folder of that name; a manifest is one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.errors import StepError
from pipeline.sending.objects import split


def with_manifests(request: Mapping[str, Any], s3: Any, step: str) -> dict[str, Any]:
    """The request with a manifest, written beside the objects' folder, for each prefix that is no folder's name.

    Raises StepError, for `step`, where no object begins so.
    """
    made: dict[str, Any] = _replaced(request, s3, step)
    return made


def _replaced(value: Any, s3: Any, step: str) -> Any:
    if isinstance(value, list):
        return [_replaced(one, s3, step) for one in value]
    if not isinstance(value, Mapping):
        return value
    uri = str(value.get("S3Uri", ""))
    if value.get("S3DataType") == "S3Prefix" and not uri.endswith("/"):
        found = _objects(s3, uri)
        if not found:
            raise StepError(step, f"nothing in S3 begins with {uri}")
        # An object by that very name is there for all to see.
        return dict(value) if uri in found else {**value, "S3DataType": "ManifestFile", "S3Uri": _write(s3, uri, found)}
    return {key: _replaced(one, s3, step) for key, one in value.items()}


def _objects(s3: Any, uri: str) -> list[str]:
    bucket, prefix = split(uri)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [f"s3://{bucket}/{found['Key']}" for page in pages for found in page.get("Contents", [])]


def _write(s3: Any, uri: str, found: list[str]) -> str:
    folder = uri.rpartition("/")[0]
    content = [{"prefix": f"{folder}/"}, *(one.removeprefix(f"{folder}/") for one in found)]
    bucket, key = split(f"{folder}.manifest")
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(content).encode())
    return f"{folder}.manifest"
