"""Sources that are no folder, as lists of their objects."""

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


ROOT = "s3://rows/run"


def put(s3: Any, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket="rows", Key=key, Body=b"")


def source(uri: str, kind: str = "S3Prefix", **more: Any) -> dict[str, Any]:
    return {"DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri, **more}}}


def listed(s3: Any, uri: str) -> Any:
    """What a manifest holds."""
    return json.loads(s3.get_object(Bucket="rows", Key=uri.removeprefix("s3://rows/"))["Body"].read())


def test_a_beginning_of_names_becomes_a_manifest_beside_their_folder(s3: Any) -> None:
    put(s3, "run/etl/train/part-0", "run/etl/train/part-1", "run/etl/train/_SUCCESS", "run/etl/train2/part-0")
    request = {"Channels": [source(f"{ROOT}/etl/train/part-", S3DataDistributionType="FullyReplicated")], "N": 1}
    given = copy.deepcopy(request)
    made = with_manifests(request, s3, "training", ROOT)
    assert request == given
    expected = source(f"{ROOT}/etl/train.manifest", "ManifestFile", S3DataDistributionType="FullyReplicated")
    assert made == {"Channels": [expected], "N": 1}
    assert listed(s3, f"{ROOT}/etl/train.manifest") == [{"prefix": f"{ROOT}/etl/train/"}, "part-0", "part-1"]
    # Made again, where the manifest is there already, it is the same.
    assert with_manifests(request, s3, "training", ROOT) == made
    assert with_manifests(request, s3, "training", ROOT, own=False) == request


def test_folders_the_run_s_objects_and_manifests_stay_as_they_are(s3: Any) -> None:
    put(s3, "run/code/job.py", "run/code/job.py.bak")
    request = {
        "Folder": source("s3://rows/nothing/"),
        "Object": source(f"{ROOT}/code/job.py"),
        "Manifest": source("s3://rows/other.manifest", "ManifestFile"),
        "Output": {"S3Uri": "s3://rows/out"},
    }
    assert with_manifests(request, s3, "training", ROOT) == request
    assert s3.list_objects_v2(Bucket="rows")["KeyCount"] == 2


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("folder", ["", "incoming/"])
def test_an_object_is_that_one_alone(s3: Any, folder: str, own: bool) -> None:
    put(s3, f"{folder}rows 1+2.csv", f"{folder}rows 1+2.csv.bak")
    made = with_manifests(source(f"s3://rows/{folder}rows 1+2.csv"), s3, "processing", ROOT, own=own)
    found = made["DataSource"]["S3DataSource"]
    assert found["S3DataType"] == "ManifestFile"
    assert found["S3Uri"].startswith(f"{ROOT}/input/")
    assert listed(s3, found["S3Uri"]) == [{"prefix": f"s3://rows/{folder}"}, "rows 1+2.csv"]


def test_other_places_have_manifests_of_their_own_below_the_run(s3: Any) -> None:
    put(s3, "a/part-0", "a/part-1", "b/part-0")
    first, second = (with_manifests(source(f"s3://rows/{at}/part-"), s3, "training", ROOT) for at in "ab")
    uris = [made["DataSource"]["S3DataSource"]["S3Uri"] for made in (first, second)]
    assert [listed(s3, uri)[1:] for uri in uris] == [["part-0", "part-1"], ["part-0"]]


def test_folders_below_keep_their_paths_and_all_pages_are_listed(s3: Any) -> None:
    names = [f"run/x/part-{number:04}" for number in range(1001)] + ["run/x/part-z/file"]
    put(s3, *names)
    with_manifests(source(f"{ROOT}/x/part-"), s3, "training", ROOT)
    _, *found = listed(s3, f"{ROOT}/x.manifest")
    assert [f"run/x/{name}" for name in found] == names


def test_what_nothing_begins_with_is_the_step_s_failure(s3: Any) -> None:
    put(s3, "run/etl/train/_SUCCESS")
    with pytest.raises(StepError, match="step training: nothing in S3 begins with s3://rows/run/etl/train/part-"):
        with_manifests(source(f"{ROOT}/etl/train/part-"), s3, "training", ROOT)
