"""The section `sagemaker`: what contradicts itself is refused with its place, in lists and mappings too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tests_paths import ROOT

from pipeline.config import load_config
from pipeline.config.json_schema import pipeline_schema
from pipeline.errors import ConfigError

ABALONE = (ROOT / "examples" / "abalone" / "pipeline.yml").read_text(encoding="utf-8")
RANGES = {"eta": {"min": 0.1, "max": 0.5}}
TUNING = {"objective": "validation:rmse", "ranges": RANGES}


def load(folder: Path, section: Any) -> Any:
    file = folder / "pipeline.yml"
    file.write_text(ABALONE + yaml.safe_dump({"sagemaker": section}), encoding="utf-8")
    jsonschema.validate(yaml.safe_load(file.read_text(encoding="utf-8")), pipeline_schema())
    return load_config(file).sagemaker


def refused(folder: Path, section: Any) -> str:
    file = folder / "pipeline.yml"
    file.write_text(ABALONE + yaml.safe_dump({"sagemaker": section}), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    return str(caught.value)


def test_a_section_is_read_and_what_it_leaves_out_has_defaults(tmp_path: Path) -> None:
    section = load(tmp_path, {"role": "arn", "tuning": TUNING, "transform": None})
    assert section.role == "arn"
    assert section.tuning.ranges["eta"].max == 0.5
    assert section.transform is None
    assert (section.model.layout, section.endpoint.instance_count) == ("fused", 1)


def test_a_folder_of_wheels_is_beside_the_file(tmp_path: Path) -> None:
    assert load(tmp_path, {"model": {"wheels": "wheels"}}).model.wheels == str(tmp_path / "wheels")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"training": {"max_wait": 10}}, "sagemaker.training: found .*; max_wait is for spot: true"),
        ({"training": {"spot": True, "max_runtime": 20, "max_wait": 10}}, "max_wait 10 is below max_runtime 20"),
        ({"tuning": {"ranges": RANGES}}, "key 'sagemaker.tuning.objective' is missing"),
        ({"tuning": TUNING | {"objective": "rmse"}}, "sagemaker.tuning.objective: found 'rmse'"),
        ({"tuning": TUNING | {"ranges": {"eta": {"min": 1}}}}, "ranges.eta: .*a range has min and max, or values"),
        ({"tuning": TUNING | {"ranges": {"eta": {"min": 1, "max": 2, "values": [1]}}}}, "min and max, or values"),
        ({"tuning": TUNING | {"ranges": {"eta": {"min": 2, "max": 1}}}}, "min 2 is above max 1"),
        ({"tuning": TUNING | {"strategy": "Grid"}}, "strategy Grid takes ranges of values alone"),
        (
            {"tuning": TUNING | {"strategy": "Hyperband", "early_stopping": True}},
            "strategy Hyperband stops training jobs itself",
        ),
        ({"tuning": TUNING | {"hyperband": {}}}, "hyperband is for strategy: Hyperband"),
        ({"tuning": TUNING | {"max_jobs": 2, "parallel_jobs": 3}}, "parallel_jobs 3 is above max_jobs 2"),
        ({"transform": {"max_payload": 50, "max_concurrent": 3}}, "max_payload times max_concurrent is above 100 MB"),
        ({"transform": {"split": "None", "join": True}}, "strategy and join work on single rows"),
        ({"transform": {"join": True, "assemble": "None"}}, "join needs assemble: Line"),
        ({"endpoint": {"serverless": {}, "asynchronous": {}}}, "serverless and asynchronous do not go together"),
        ({"endpoint": {"serverless": {}, "data_capture": {}}}, "serverless and data_capture do not go together"),
        ({"endpoint": {"serverless": {}, "variants": [{"name": "a"}, {"name": "b"}]}}, "has one variant"),
        ({"endpoint": {"variants": [{"name": "a"}, {"name": "a"}]}}, "two variants have one name: a, a"),
        ({"endpoint": {"variants": [{"name": "a", "weight": 0}]}}, "no variant has a weight above 0"),
        (
            {"secret": {"name": "s", "holds": ["region"]}},
            "sagemaker.secret.holds.0: found 'region'; input should be 'role'",
        ),
        ({"secret": {"name": "s", "holds": []}}, "sagemaker.secret.holds: found"),
        ({"transform": {"input": "/rows"}}, "sagemaker.transform.input: found '/rows'"),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path: Path, section: Any, said: str) -> None:
    found = refused(tmp_path, section)
    assert re.search(said, found), found


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (
            {"endpoint": {"variants": [{"nam": "a"}]}},
            ["'sagemaker.endpoint.variants.0.nam' is not known; allowed: name, model, weight", "mean 'name'?"],
        ),
        (
            {"tuning": TUNING | {"ranges": {"eta": {"minimum": 1}}}},
            ["'sagemaker.tuning.ranges.eta.minimum' is not known; allowed: min, max, scaling, values"],
        ),
        (
            {"endpoint": {"serverles": {}}},
            ["'sagemaker.endpoint.serverles' is not known; allowed: name, instance_type", "mean 'serverless'?"],
        ),
    ],
)
def test_an_unknown_key_in_a_list_or_mapping_is_told_with_those_that_are_known(
    tmp_path: Path, section: Any, said: list[str]
) -> None:
    found = refused(tmp_path, section)
    for words in said:
        assert words in found
