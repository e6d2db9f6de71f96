"""The pipeline file: each mistake with its line, its key, what was found and what is allowed."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from tests_paths import ROOT

from pipeline.config import load_config
from pipeline.config.json_schema import contract_schema, pipeline_schema
from pipeline.errors import ConfigError

ABALONE = (ROOT / "examples" / "abalone" / "pipeline.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "  sample:",
            "  sampel:",
            ["line 11: key 'data.sampel' is not known; allowed: schema", "mean 'sample'?"],
        ),
        ("name: abalone", "name: a b", ["line 2: name: found 'a b'"]),
        ("train: 0.8", "train: 0.9", ["line 12: data.split: found", "add up to 1.1, not 1"]),
        ("seed: 42", "seed: x", ["line 12: data.split.seed: found 'x'"]),
        ("data:", "data:\n  format: xml", ["line 6: data.format: found 'xml'", "'csv', 'json' or 'parquet'"]),
        (
            "training:",
            "Training:",
            ["key 'Training' is not known", "mean 'training'?", "key 'training' is missing"],
        ),
        ("gamma: 4", "gamma: 4\n    gamma: 5", ["line 23: key 'gamma' stands twice"]),
        ("features:build", "features", ["line 15: features.pipeline: found 'features'"]),
        ("name: abalone", "name: [", ["is not YAML"]),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    file = tmp_path / "pipeline.yml"
    file.write_text(ABALONE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    for word in words:
        assert word in str(caught.value)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config("nowhere.yml")


@pytest.mark.parametrize("name", ["abalone", "churn"])
def test_the_examples_are_valid_for_program_and_editor(name: str) -> None:
    file = ROOT / "examples" / name / "pipeline.yml"
    config = load_config(file)
    assert config.name == name
    assert Path(config.data.schema_file).exists()
    jsonschema.validate(yaml.safe_load(file.read_text(encoding="utf-8")), pipeline_schema())


def test_the_published_json_schemas_are_current() -> None:
    for name, made in (("pipeline", pipeline_schema()), ("contract", contract_schema())):
        assert json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")) == made
