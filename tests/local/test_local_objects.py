"""S3 by URI as jobs use it: prefixes, manifests, shards, and errors that name the URI."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from service_cases import Service

from pipeline.local.jobs.job import JobFailure
from pipeline.local.objects import Objects

KEYS = ("data/a.csv", "data/deep/b.csv", "data/deep/c.csv", "data.csv", "data2/d.csv")


@pytest.fixture(scope="module")
def objects(service: Service) -> Objects:
    client = service.client("s3")
    client.create_bucket(Bucket="sources")
    for key in (*KEYS, "folder/"):
        client.put_object(Bucket="sources", Key=key, Body=key.encode())
    return Objects(client)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("data/", ["a.csv", "deep/b.csv", "deep/c.csv"]),
        ("data/deep", ["b.csv", "c.csv"]),
        ("data.csv", ["data.csv"]),
        ("data/deep/b", ["b.csv"]),
        ("data", ["data.csv", "a.csv", "deep/b.csv", "deep/c.csv", "data2/d.csv"]),
        ("", ["data.csv", "data/a.csv", "data/deep/b.csv", "data/deep/c.csv", "data2/d.csv"]),
    ],
)
def test_a_prefix_is_downloaded_under_paths_relative_to_it(
    objects: Objects, tmp_path: Path, prefix: str, expected: list[str]
) -> None:
    paths = objects.download(f"s3://sources/{prefix}", tmp_path / "in")
    assert [path.relative_to(tmp_path / "in").as_posix() for path in paths] == expected
    assert all(path.read_text().endswith(path.name) for path in paths)


def test_shards_share_the_objects_among_them(objects: Objects, tmp_path: Path) -> None:
    shards = [
        {path.name for path in objects.download("s3://sources/data/", tmp_path / str(index), shard=(index, 2))}
        for index in range(2)
    ]
    assert shards == [{"a.csv", "c.csv"}, {"b.csv"}]
    assert objects.download("s3://sources/data.csv", tmp_path / "none", shard=(1, 2)) == []
    assert (tmp_path / "none").is_dir()


def test_a_manifest_names_what_is_downloaded(objects: Objects, tmp_path: Path) -> None:
    (tmp_path / "manifest").write_text(
        json.dumps([{"prefix": "s3://sources/data"}, "/a.csv", "/deep/c.csv", "2/d.csv"])
    )
    objects.upload(tmp_path / "manifest", "s3://sources/manifest.json")
    with pytest.raises(JobFailure, match="cannot be a path"):
        objects.download("s3://sources/manifest.json", tmp_path / "in", data_type="ManifestFile")
    (tmp_path / "manifest").write_text(json.dumps([{"prefix": "s3://sources/data/"}, "deep/c.csv", "a.csv"]))
    objects.upload(tmp_path / "manifest", "s3://sources/manifest.json")
    paths = objects.download("s3://sources/manifest.json", tmp_path / "in", data_type="ManifestFile")
    assert [path.relative_to(tmp_path / "in").as_posix() for path in paths] == ["a.csv", "deep/c.csv"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '[{"prefix": 1}, "x"]', '[{"prefix": "http://x"}]', '["x"]'])
def test_what_is_no_manifest_is_said_to_be_none(objects: Objects, tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest").write_text(text)
    objects.upload(tmp_path / "manifest", "s3://sources/broken.json")
    with pytest.raises(JobFailure, match=r"broken.json is not a manifest|is not the URI"):
        objects.download("s3://sources/broken.json", tmp_path / "in", data_type="ManifestFile")


def test_a_folder_comes_back_as_it_was_uploaded(objects: Objects, tmp_path: Path) -> None:
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "out" / "deep" / "x").write_text("1")
    (tmp_path / "out" / "y").write_text("2")
    made = objects.upload_folder(tmp_path / "out", "s3://sources/up/")
    assert made == objects.keys("s3://sources/up") == ["s3://sources/up/deep/x", "s3://sources/up/y"]
    assert objects.read(made[1]) == b"2"
    objects.delete(made[1])
    objects.delete(made[1])
    assert objects.keys("s3://sources/up") == made[:1]


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("s3://sources/none", "No S3 objects found under S3 URL"),
        ("s3://no-such-bucket/x", "s3://no-such-bucket/x.*NoSuchBucket"),
        ("file:///etc/passwd", "not the URI of an S3 object"),
        ("s3:///x", "not the URI of an S3 object"),
    ],
)
def test_what_cannot_be_had_is_named(objects: Objects, tmp_path: Path, uri: str, words: str) -> None:
    with pytest.raises(JobFailure, match=words):
        objects.download(uri, tmp_path)


def test_keys_that_would_leave_the_folder_are_refused(service: Service, objects: Objects, tmp_path: Path) -> None:
    service.client("s3").put_object(Bucket="sources", Key="hostile/../../x", Body=b"")
    with pytest.raises(JobFailure, match="cannot be a path"):
        objects.download("s3://sources/hostile/", tmp_path / "in")
    assert list(tmp_path.rglob("x")) == []
