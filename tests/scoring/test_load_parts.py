"""What a scorer is loaded from: a bundle, a model archive, a run folder."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest
from model_cases import SCHEMA, bundle_files, features_of, raw, table_of, train

from pipeline.errors import BundleError, ModelError
from pipeline.operators.values import to_json
from pipeline.packaging.archives import fused_archive, sparkml_archive, xgboost_archive
from pipeline.schema.contract import Column, Schema
from pipeline.scoring import Scorer
from pipeline.scoring.load import RUN_MODEL, load_parts
from pipeline.scoring.manifest import Manifest

MANIFEST = Manifest(features="features", feature_names=("a", "b", "c", "d"))
TABLE = table_of(100)


@pytest.fixture(scope="module")
def booster() -> bytes:
    return raw(train(features_of(TABLE), {"objective": "reg:squarederror"}))


@pytest.fixture
def fused(booster: bytes, tmp_path: Path) -> Path:
    return fused_archive(bundle_files(), booster, SCHEMA, MANIFEST, tmp_path / "model.tar.gz")


def unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as files:
        # Our own archive; `filter` is there since Python 3.11.4.
        files.extractall(folder)  # noqa: S202
    return folder


def test_a_fused_archive_packed_or_not(fused: Path, booster: bytes, tmp_path: Path) -> None:
    expected = Scorer.load(fused).predict(TABLE)
    for path in (fused, unpacked(fused, tmp_path / "model"), str(fused)):
        parts = load_parts(path)
        assert (parts.schema, parts.booster, parts.manifest) == (SCHEMA, booster, MANIFEST)
        assert Scorer.load(path).predict(TABLE).tobytes() == expected.tobytes()


def test_a_run_folder_holds_its_fused_archive(fused: Path, booster: bytes, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / RUN_MODEL).parent.mkdir(parents=True)
    (run / RUN_MODEL).write_bytes(fused.read_bytes())
    with pytest.raises(ModelError, match="neither a bundle nor a model archive"):
        load_parts(run)
    (run / "run.json").write_text("{}")
    assert load_parts(run).booster == booster


def test_a_bundle_with_its_contract_or_without(tmp_path: Path) -> None:
    plain = sparkml_archive(bundle_files(), tmp_path / "plain.tar.gz")
    told = sparkml_archive(
        {**bundle_files(), "schema.json": to_json(SCHEMA.to_dict()).encode()}, tmp_path / "told.tar.gz"
    )
    assert load_parts(plain).schema is None
    assert load_parts(told).schema == SCHEMA
    # Its operators take both for numbers, and text for text.
    drawn = Scorer.load(plain).schema
    assert [(column.name, column.type, column.nullable) for column in drawn.columns] == [
        ("sex", "string", True),
        ("x", "double", True),
        ("n", "double", True),
    ]
    assert np.array_equal(Scorer.load(told).features_of(TABLE)[0].values, features_of(TABLE))


def test_a_contract_given_overrides_the_archive_s(fused: Path) -> None:
    other = Schema((Column("n", "long"), Column("x", "double", nullable=True), Column("sex", "string")))
    assert load_parts(fused, other).schema == other
    assert Scorer.load(fused, schema=other).schema.names == ["n", "x", "sex"]
    with pytest.raises(ModelError, match="the bundle reads column 'sex', which the schema does not have"):
        Scorer.load(fused, schema=Schema((Column("x", "double"), Column("n", "long"))))
    with pytest.raises(ModelError, match="the bundle takes column 'x' for a number, the schema for text"):
        Scorer.load(fused, schema=Schema((Column("sex", "string"), Column("x", "string"), Column("n", "long"))))


@pytest.mark.parametrize(
    ("missing", "words"),
    [("xgboost-model", "lacks xgboost-model"), ("inference/manifest.json", "lacks inference/manifest.json")],
)
def test_a_fused_archive_that_lacks_a_part(missing: str, words: str, fused: Path, tmp_path: Path) -> None:
    folder = unpacked(fused, tmp_path / "model")
    (folder / missing).unlink()
    with pytest.raises(ModelError, match=words):
        load_parts(folder)


def test_what_is_no_model(booster: bytes, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not there"):
        load_parts(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="a booster without its bundle"):
        load_parts(xgboost_archive(booster, tmp_path / "alone.tar.gz"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="neither a bundle nor a model archive"):
        load_parts(tmp_path / "empty")
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(BundleError, match=r"neither a zip, a tar\.gz nor a folder"):
        load_parts(tmp_path / "text")
