"""S3: objects come out as they went in, in whatever way they are put and read, also after a kill -9."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from service_cases import Service, finished, keys, processing_request

ODD = "a b+c%2F ü/é?#[x]&=.txt"
LARGE = os.urandom((6 << 20) + 17)
SMALL_PARTS = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)


@pytest.fixture(scope="module")
def s3(service: Service) -> Any:
    client = service.client("s3")
    client.create_bucket(Bucket="objects")
    return client


def test_a_key_may_be_any_text(s3: Any) -> None:
    s3.put_object(Bucket="objects", Key=ODD, Body=b"odd", Metadata={"with_line": "x", "with-dash": "y"})
    assert keys(s3, "objects", "a b") == [ODD]
    found = s3.get_object(Bucket="objects", Key=ODD)
    assert (found["Body"].read(), found["Metadata"]) == (b"odd", {"with_line": "x", "with-dash": "y"})


@pytest.mark.parametrize("config", [TransferConfig(), SMALL_PARTS])
def test_a_large_object_is_read_whole_and_in_parts(s3: Any, tmp_path: Path, config: TransferConfig) -> None:
    (tmp_path / "sent").write_bytes(LARGE)
    s3.upload_file(str(tmp_path / "sent"), "objects", "large", Config=config)
    s3.download_file("objects", "large", str(tmp_path / "got"), Config=config)
    assert (tmp_path / "got").read_bytes() == LARGE
    whole = s3.get_object(Bucket="objects", Key="large", ChecksumMode="ENABLED")
    assert whole["Body"].read() == LARGE
    for asked, first, last in [("5-104857", 5, 104858), ("-10", -10, None), ("6291400-", 6291400, None)]:
        part = s3.get_object(Bucket="objects", Key="large", Range=f"bytes={asked}")
        assert part["Body"].read() == LARGE[first:last]
        assert part["ContentRange"].endswith(f"/{len(LARGE)}")
        assert part["ETag"] == whole["ETag"]
    with pytest.raises(ClientError, match="InvalidRange"):
        s3.get_object(Bucket="objects", Key="large", Range="bytes=99999999-")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.get_object(Bucket="objects", Key="large", IfMatch='"other"')
    s3.copy_object(Bucket="objects", Key="copied", CopySource="objects/large")
    assert s3.get_object(Bucket="objects", Key="copied")["Body"].read() == LARGE


def test_an_aborted_upload_leaves_nothing(s3: Any, service: Service) -> None:
    contents = service.data_dir / "s3" / "contents"
    before = set(contents.iterdir())
    upload = s3.create_multipart_upload(Bucket="objects", Key="aborted")["UploadId"]
    s3.upload_part(Bucket="objects", Key="aborted", UploadId=upload, PartNumber=1, Body=b"part")
    assert set(contents.iterdir()) != before
    s3.abort_multipart_upload(Bucket="objects", Key="aborted", UploadId=upload)
    assert set(contents.iterdir()) == before
    assert keys(s3, "objects", "aborted") == []


def test_replaced_and_deleted_objects_take_no_place(s3: Any, service: Service) -> None:
    contents = service.data_dir / "s3" / "contents"
    s3.create_bucket(Bucket="short-lived")
    before = set(contents.iterdir())
    for body in (b"1", b"22", b"333"):
        s3.put_object(Bucket="short-lived", Key="replaced", Body=body)
        s3.put_object(Bucket="short-lived", Key=f"several/{len(body)}", Body=body)
    assert len(set(contents.iterdir()) - before) == 4
    several = [{"Key": key} for key in keys(s3, "short-lived", "several/")]
    s3.delete_objects(Bucket="short-lived", Delete={"Objects": several})
    s3.delete_object(Bucket="short-lived", Key="replaced")
    assert set(contents.iterdir()) == before
    s3.delete_bucket(Bucket="short-lived")


def test_everything_is_there_again_after_kill_9(tmp_path: Path) -> None:
    first = Service(tmp_path / "data")
    s3 = first.client("s3")
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="kept", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.put_object(Bucket="kept", Key=ODD, Body=b"1", ContentType="text/x", Metadata={"m": "n"}, Tagging="t=u")
    s3.put_object(Bucket="kept", Key=ODD, Body=b"22")
    s3.put_object(Bucket="kept", Key="hidden", Body=b"3")
    s3.delete_object(Bucket="kept", Key="hidden")
    (tmp_path / "sent").write_bytes(LARGE)
    s3.upload_file(str(tmp_path / "sent"), "kept", "large", Config=SMALL_PARTS)
    s3.create_bucket(Bucket="emptied")
    s3.put_object(Bucket="emptied", Key="x", Body=b"")
    s3.delete_object(Bucket="emptied", Key="x")
    s3.create_bucket(Bucket="deleted")
    s3.delete_bucket(Bucket="deleted")
    upload = s3.create_multipart_upload(Bucket="kept", Key="begun")["UploadId"]
    s3.upload_part(Bucket="kept", Key="begun", UploadId=upload, PartNumber=1, Body=b"part")
    before = _everything(s3)
    first.kill()
    second = Service(tmp_path / "data")
    try:
        s3 = second.client("s3")
        assert _everything(s3) == before
        assert s3.get_object(Bucket="kept", Key="large", ChecksumMode="ENABLED")["Body"].read() == LARGE
        assert s3.get_bucket_location(Bucket="kept")["LocationConstraint"] == "eu-west-1"
        assert s3.get_bucket_tagging(Bucket="kept")["TagSet"] == [{"Key": "a", "Value": "b"}]
        assert s3.get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
        # Two versions of one object, one of each other: no file of the upload that was never completed.
        assert len(list((tmp_path / "data" / "s3" / "contents").iterdir())) == 4
    finally:
        assert second.stop() == 0


def test_jobs_can_use_another_store(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = service.client("s3")
    store.create_bucket(Bucket="elsewhere")
    store.put_object(Bucket="elsewhere", Key="code/x.py", Body=b"")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-store")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    other = Service(tmp_path / "data", "--s3-endpoint", service.url)
    try:
        client = other.client("sagemaker")
        for name, uri in {"there": "s3://elsewhere/code/x.py", "not-there": "s3://elsewhere/code/y.py"}.items():
            request = processing_request(name, uri)
            request["AppSpecification"]["ContainerEntrypoint"][1] = "/opt/ml/none.py"
            client.create_processing_job(**request)
        assert "there is no program at" in finished(client, "there")["FailureReason"]
        assert "No S3 objects found" in finished(client, "not-there")["FailureReason"]
        assert other.client("s3").list_buckets()["Buckets"] == []
    finally:
        assert other.stop() == 0


def _everything(s3: Any) -> Any:
    """Buckets, versions of objects and what is known of each."""
    found: list[Any] = []
    for bucket in s3.list_buckets()["Buckets"]:
        listed = s3.list_object_versions(Bucket=bucket["Name"])
        for version in listed.get("Versions", ()):
            named = {"Bucket": bucket["Name"], "Key": version["Key"], "VersionId": version["VersionId"]}
            head = s3.head_object(**named)
            tags = s3.get_object_tagging(**named)["TagSet"]
            found.append((version, head["ContentType"], head["Metadata"], head["ETag"], tags))
        found.append((bucket["Name"], bucket["CreationDate"], listed.get("DeleteMarkers")))
    return found


# moto's S3 is imported for the first time while its classes are replaced, as by an in-process run.
MOTO_AFTERWARDS = """
import sys
from pathlib import Path
from moto.server import ThreadedMotoServer
from pipeline.local.service import LocalService
from pipeline.sending.clients import make_clients

with LocalService(Path(sys.argv[1])) as service:
    service.client("s3").list_buckets()
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
server.start()
host, port = server.get_host_and_port()
s3 = make_clients("us-east-1", endpoint=f"http://{host}:{port}").s3
s3.create_bucket(Bucket="plain")
s3.put_object(Bucket="plain", Key="a", Body=b"1")
assert [found["Key"] for found in s3.list_objects_v2(Bucket="plain")["Contents"]] == ["a"]
server.stop()
"""


def test_moto_is_its_own_again_afterwards(tmp_path: Path) -> None:
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    command = [sys.executable, "-c", MOTO_AFTERWARDS, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
