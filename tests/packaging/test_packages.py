"""The archive of each layout, from a Spark job's and a training job's own files."""

from __future__ import annotations

import json
from pathlib import Path

import model_cases
import pytest
from tests_paths import ROOT

from pipeline.bundle.archive import read_files
from pipeline.bundle.pack import write_files
from pipeline.config import load_config
from pipeline.errors import ConfigError, ModelError
from pipeline.packaging.packages import LAYOUTS, ModelSource, write_package
from pipeline.scoring import Scorer
from pipeline.scoring.load import load_parts

CONFIG = load_config(ROOT / "examples" / "abalone" / "pipeline.yml")


@pytest.fixture
def etl(tmp_path: Path) -> Path:
    folder = tmp_path / "etl"
    folder.mkdir()
    write_files(model_cases.bundle_files(), folder / "model.tar.gz")
    (folder / "schema.json").write_text(json.dumps(model_cases.SCHEMA.to_dict()), encoding="utf-8")
    summary = {
        "features": {"names": list(model_cases.FEATURE_NAMES)},
        "classes": ["no", "yes"],
        "zeros_are_missing": False,
    }
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    booster = model_cases.train(
        model_cases.features_of(model_cases.table_of(40)), {"objective": "binary:logistic"}, label=[0, 1] * 20
    )
    return write_files({"xgboost-model": model_cases.raw(booster)}, tmp_path / "trained" / "model.tar.gz")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_packed(layout: str, etl: Path, trained: Path, tmp_path: Path) -> None:
    path = write_package(layout, ModelSource(CONFIG, etl, trained), tmp_path / "out" / "model.tar.gz")
    files = read_files(path)
    if layout == "sparkml":
        assert files == read_files(etl / "model.tar.gz")
        return
    assert files["xgboost-model"] == read_files(trained)["xgboost-model"]
    assert ("code/inference.py" in files) == (layout == "script-mode")
    if layout not in ("xgboost", "trained"):
        assert load_parts(path).manifest.classes == ("no", "yes")
        assert len(Scorer.load(path).predict(model_cases.table_of(3))) == 3


def test_an_archive_without_a_booster_and_a_layout_that_is_none_are_refused(
    etl: Path, trained: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="holds no xgboost-model"):
        write_package("fused", ModelSource(CONFIG, etl, etl / "model.tar.gz"), tmp_path / "a.tar.gz")
    with pytest.raises(ConfigError, match="no archive is laid out as 'two'"):
        write_package("two", ModelSource(CONFIG, etl, trained), tmp_path / "a.tar.gz")
