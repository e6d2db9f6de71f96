"""The three model archives: what stands where, in what bytes, and that the containers' readers take them."""

from __future__ import annotations

import gzip
import os
import struct
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import model_cases
import numpy as np
import pytest
from tests_paths import ROOT

from pipeline.bundle.archive import read_files
from pipeline.bundle.reader import read_bundle
from pipeline.packaging.archives import fused_archive, sparkml_archive, xgboost_archive
from pipeline.schema import parse_schema
from pipeline.scoring import Scorer
from pipeline.scoring.load import load_parts
from pipeline.scoring.manifest import Manifest

MANIFEST = Manifest(features="features", feature_names=model_cases.FEATURE_NAMES, classes=("no", "größe"))
BUNDLE = {**model_cases.bundle_files(), "schema.json": b'{"columns": [{"name": "other", "type": "long"}]}'}
BOOSTER = b"a booster is bytes: \x00\xff"


def sparkml(path: Path, bundle: dict[str, bytes] = BUNDLE) -> Path:
    return sparkml_archive(bundle, path)


def xgboost(path: Path, bundle: dict[str, bytes] = BUNDLE) -> Path:
    return xgboost_archive(BOOSTER, path)


def fused(path: Path, bundle: dict[str, bytes] = BUNDLE) -> Path:
    return fused_archive(bundle, BOOSTER, model_cases.SCHEMA, MANIFEST, path)


Make = Callable[..., Path]
ALL = pytest.mark.parametrize("make", [sparkml, xgboost, fused])


def names(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        return archive.getnames()


def tops(path: Path) -> set[str]:
    return {name.partition("/")[0] for name in names(path)}


def test_the_sparkml_archive_is_the_bundle_with_its_contract_beside(tmp_path: Path) -> None:
    path = sparkml(tmp_path / "model.tar.gz")
    assert tops(path) == {"bundle.json", "root", "schema.json"}
    assert read_files(path) == BUNDLE


def test_the_xgboost_archive_is_one_file(tmp_path: Path) -> None:
    path = xgboost(tmp_path / "model.tar.gz")
    assert read_files(path) == {"xgboost-model": BOOSTER}
    assert names(path) == ["xgboost-model"]


def test_the_fused_archive_has_just_the_booster_on_top(tmp_path: Path) -> None:
    files = read_files(fused(tmp_path / "model.tar.gz"))
    assert [name for name in files if "/" not in name] == ["xgboost-model"]
    assert {name.partition("/")[0] for name in files} == {"xgboost-model", "inference"}
    inner = {name.removeprefix("inference/bundle/"): content for name, content in files.items() if "bundle/" in name}
    # The contract of the archive is the one it was given, not the bundle's own.
    assert inner == {name: content for name, content in BUNDLE.items() if name != "schema.json"}
    assert parse_schema(files["inference/schema.json"]) == model_cases.SCHEMA
    assert Manifest.from_json(files["inference/manifest.json"]) == MANIFEST


def test_the_fused_archive_is_read_back_as_its_parts(tmp_path: Path) -> None:
    parts = load_parts(fused(tmp_path / "model.tar.gz"))
    assert (parts.booster, parts.schema, parts.manifest) == (BOOSTER, model_cases.SCHEMA, MANIFEST)
    assert [node.name for node in parts.bundle.nodes] == [node.name for node in read_bundle(BUNDLE).nodes]


def test_a_real_booster_scores_from_the_archive_as_it_does_alone(tmp_path: Path) -> None:
    import xgboost as library

    table = model_cases.table_of(50)
    features = model_cases.features_of(table)
    booster = model_cases.train(features, {"objective": "reg:squarederror"})
    raw = model_cases.raw(booster)
    manifest = Manifest(features="features", feature_names=model_cases.FEATURE_NAMES)
    path = fused_archive(BUNDLE, raw, model_cases.SCHEMA, manifest, tmp_path / "fused.tar.gz")
    expected = booster.predict(library.DMatrix(features))
    np.testing.assert_array_equal(Scorer.load(path).predict(table), expected)
    packed = read_files(xgboost_archive(raw, tmp_path / "xgboost.tar.gz"))
    loaded = library.Booster(model_file=bytearray(packed["xgboost-model"]))
    np.testing.assert_array_equal(loaded.predict(library.DMatrix(features)), expected)


@ALL
def test_a_plain_tar_reader_unpacks_it_safely(make: Make, tmp_path: Path) -> None:
    path = make(tmp_path / "model.tar.gz")
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            assert member.isreg()
            assert (member.mode, member.mtime, member.uid, member.gid) == (0o644, 0, 0, 0)
            assert (member.uname, member.gname) == ("", "")
    with tarfile.open(path, "r:gz") as archive:
        # What `filter` would say is checked above; Python has it since 3.11.4.
        archive.extractall(tmp_path / "out")  # noqa: S202
    found = {file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*") if file.is_file()}
    assert found == set(read_files(path))


@ALL
def test_gnu_tar_lists_it(make: Make, tmp_path: Path) -> None:
    path = make(tmp_path / "model.tar.gz")
    done = subprocess.run(["tar", "-tzf", str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == names(path)
    assert done.stderr == ""


@ALL
def test_the_gzip_header_has_no_time_and_no_name(make: Make, tmp_path: Path) -> None:
    content = make(tmp_path / "named.tar.gz").read_bytes()
    flags, time = struct.unpack_from("<BI", content, 3)
    assert (flags, time) == (0, 0)
    assert gzip.decompress(content)


@ALL
def test_the_order_of_the_files_and_the_name_of_the_archive_change_nothing(make: Make, tmp_path: Path) -> None:
    first = make(tmp_path / "a.tar.gz").read_bytes()
    backwards = dict(reversed(BUNDLE.items()))
    assert make(tmp_path / "another name.tar.gz", backwards).read_bytes() == first


@ALL
def test_another_process_writes_the_same_bytes(make: Make, tmp_path: Path) -> None:
    code = f"import sys, pathlib, test_archives; test_archives.{make.__name__}(pathlib.Path(sys.argv[1]))"
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    umask = ["sh", "-c", 'umask 077; exec "$@"', "sh"]
    subprocess.run([*umask, sys.executable, "-c", code, str(tmp_path / "b.tar.gz")], env=environment, check=True)
    assert (tmp_path / "b.tar.gz").read_bytes() == make(tmp_path / "a.tar.gz").read_bytes()
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o777 == 0o600


@ALL
def test_an_archive_that_is_there_is_replaced_whole(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "model.tar.gz"
    path.parent.mkdir()
    path.write_bytes(b"older")
    assert make(path) == path
    assert read_files(path)
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_older_archive_alone(tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(b"older")
    with pytest.raises(TypeError):
        sparkml_archive({"a": b"1", "b": "text"}, path)  # type: ignore[dict-item]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"model.tar.gz": b"older"}
