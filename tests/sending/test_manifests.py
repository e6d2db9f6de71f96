"""Prefixes that are no folder's name, as lists of their objects."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pipeline.errors import StepError
from pipeline.sending.manifests import with_manifests


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = boto3.client("s3", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
        client.create_bucket(Bucket="rows")
        yield client
        client.close()


def put(s3: Any, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket="rows", Key=key, Body=b"")


def source(uri: str, kind: str = "S3Prefix", **more: Any) -> dict[str, Any]:
    return {"DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri, **more}}}


def test_a_beginning_of_names_becomes_a_manifest_beside_their_folder(s3: Any) -> None:
    put(s3, "etl/train/part-0", "etl/train/part-1", "etl/train/_SUCCESS", "etl/train2/part-0")
    request = {"Channels": [source("s3://rows/etl/train/part-", S3DataDistributionType="FullyReplicated")], "N": 1}
    given = copy.deepcopy(request)
    made = with_manifests(request, s3, "training")
    assert request == given
    expected = source("s3://rows/etl/train.manifest", "ManifestFile", S3DataDistributionType="FullyReplicated")
    assert made == {"Channels": [expected], "N": 1}
    manifest = json.loads(s3.get_object(Bucket="rows", Key="etl/train.manifest")["Body"].read())
    assert manifest == [{"prefix": "s3://rows/etl/train/"}, "part-0", "part-1"]
    # Made again, where the manifest is there already, it is the same.
    assert with_manifests(request, s3, "training") == made


def test_folders_objects_and_manifests_stay_as_they_are(s3: Any) -> None:
    put(s3, "rows/a.csv", "rows/a.csv.bak")
    request = {
        "Folder": source("s3://rows/nothing/"),
        "Object": source("s3://rows/rows/a.csv"),
        "Manifest": source("s3://rows/other.manifest", "ManifestFile"),
        "Output": {"S3Uri": "s3://rows/out"},
    }
    assert with_manifests(request, s3, "training") == request
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="rows")["Contents"]] == ["rows/a.csv", "rows/a.csv.bak"]


def test_folders_below_keep_their_paths_and_all_pages_are_listed(s3: Any) -> None:
    names = [f"deep/x/part-{number:04}" for number in range(1001)] + ["deep/x/part-z/file"]
    put(s3, *names)
    with_manifests(source("s3://rows/deep/x/part-"), s3, "training")
    _, *listed = json.loads(s3.get_object(Bucket="rows", Key="deep/x.manifest")["Body"].read())
    assert [f"deep/x/{name}" for name in listed] == names


def test_what_nothing_begins_with_is_the_step_s_failure(s3: Any) -> None:
    put(s3, "etl/train/_SUCCESS")
    with pytest.raises(StepError, match="step training: nothing in S3 begins with s3://rows/etl/train/part-"):
        with_manifests(source("s3://rows/etl/train/part-"), s3, "training")
