"""Wrong kinds of values in a pipeline file: one message a place, whatever a key allows; no file hangs or crashes."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests_paths import ROOT

from pipeline.config import PipelineConfig, load_config
from pipeline.errors import ConfigError

ABALONE = (ROOT / "examples" / "abalone" / "pipeline.yml").read_text(encoding="utf-8")
PIPELINE = "input should be 'auto', or module:function of a file beside this one"
SCALAR = "input should be a text, a number, true or false"
SCHEDULE = "input should be a cron expression, a preset such as @daily, assets: [s3://...], or null"
MAPPING = "input should be a mapping of keys"
# Each list names the one before it ten times.
LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{at}: &a{at} [{f'*a{at - 1},' * 10}]\n" for at in range(1, 8))


def _refused(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    return str(caught.value).replace(str(file), "FILE")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("features:build", "3", 15, f"features.pipeline: found 3; {PIPELINE}"),
        ("features:build", "true", 15, f"features.pipeline: found True; {PIPELINE}"),
        ("features:build", "", 15, f"features.pipeline: found None; {PIPELINE}"),
        ("features:build", "Auto", 15, f"features.pipeline: found 'Auto'; {PIPELINE}"),
        ("features:build", "[a, b]", 15, f"features.pipeline: found ['a', 'b']; {PIPELINE}"),
        ("features:build", "{auto: 1}", 15, f"features.pipeline: found {{'auto': 1}}; {PIPELINE}"),
        ("eta: 0.2", "eta: [1, 2]", 21, f"training.hyperparameters.eta: found [1, 2]; {SCALAR}"),
        ("eta: 0.2", "eta:", 21, f"training.hyperparameters.eta: found None; {SCALAR}"),
        ("eta: 0.2", "int: {str: 1}", 21, f"training.hyperparameters.int: found {{'str': 1}}; {SCALAR}"),
        ("eta: 0.2", "str: [1]", 21, f"training.hyperparameters.str: found [1]; {SCALAR}"),
        ("eta: 0.2", "7: 1", 21, "training.hyperparameters.7: found 7; input should be a valid string"),
    ],
)
def test_a_union_is_refused_in_one_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert _refused(tmp_path / "p.yml", ABALONE.replace(old, new, 1)) == f"FILE, line {line}: {said}"


@pytest.mark.parametrize(
    ("key", "wrong", "said"),
    [
        ("data.location", 3, "found 3; input should be a valid string"),
        ("data.download", "x", f"found 'x'; {MAPPING}"),
        ("data.sample", 3, "found 3; input should be a valid string"),
        ("data.label", 1, "found 1; input should be a valid string"),
        ("data.csv", [], f"found []; {MAPPING}"),
        ("data.format", 1, "found 1; input should be 'csv', 'json' or 'parquet'"),
        ("training.hyperparameters", [1], f"found [1]; {MAPPING}"),
        ("inference.output", "labels", "found 'labels'; input should be a list"),
        ("batch.output_columns", None, "found None; input should be a list"),
        ("verification.rows", True, "found True; input should be a valid integer"),
        ("verification.rows", "x" * 5000, f"found '{'x' * 199}…; input should be a valid integer"),
    ],
)
def test_every_other_kind_is_refused_in_one_line_too(tmp_path: Path, key: str, wrong: Any, said: str) -> None:
    document = yaml.safe_load(ABALONE)
    *sections, last = key.split(".")
    inner = document
    for section in sections:
        inner = inner.setdefault(section, {})
    inner[last] = wrong
    text = yaml.safe_dump(document)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if row.strip().startswith(f"{last}:"))
    assert _refused(tmp_path / "p.yml", text) == f"FILE, line {line}: {key}: {said}"


@pytest.mark.parametrize("value", ["auto", "features:build", "a.b:c"])
def test_what_a_pipeline_may_be_is_read(tmp_path: Path, value: str) -> None:
    (tmp_path / "p.yml").write_text(ABALONE.replace("features:build", value, 1), encoding="utf-8")
    assert load_config(tmp_path / "p.yml").features.pipeline == value


@pytest.mark.parametrize("value", ["text", 7, 0.5, True])
def test_what_a_hyperparameter_may_be_keeps_its_kind(tmp_path: Path, value: Any) -> None:
    text = ABALONE.replace("gamma: 4", f"gamma: {yaml.safe_dump(value).splitlines()[0]}", 1)
    (tmp_path / "p.yml").write_text(text, encoding="utf-8")
    found = load_config(tmp_path / "p.yml").training.hyperparameters["gamma"]
    assert (type(found), found) == (type(value), value)


def test_every_union_of_the_model_says_what_it_allows() -> None:
    unions = [part for part in _parts(PipelineConfig.__pydantic_core_schema__) if part.get("type") == "union"]
    assert {union.get("custom_error_message") for union in unions} == {PIPELINE, SCALAR, SCHEDULE}


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _parts(value)
    elif isinstance(schema, list | tuple):
        for value in schema:
            yield from _parts(value)


def test_several_mistakes_are_several_lines_in_the_order_of_the_keys(tmp_path: Path) -> None:
    text = ABALONE.replace("eta: 0.2", "eta: [1]").replace("gamma: 4", "gamma: {}").replace("features:build", "1")
    lines = _refused(tmp_path / "p.yml", text).splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["FILE, line 15", "FILE, line 21", "FILE, line 22"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2020-13-45\n", r"'2020-13-45' is no timestamp .*line 2"),
        ("a: !!int x", "'x' is no int .*line 1"),
        ("a: !!bool x", "'x' is no bool .*line 1"),
        ("a: !!timestamp x", "'x' is no timestamp .*line 1"),
        ("a: " + "9" * 5000, "is no int .*line 1"),
        ("a: " + "[" * 3000, "not YAML"),
        ("a: !!python/object/apply:os.getcwd []", "not YAML"),
        ("a: &a [*a]", "nested deeper than 32"),
        ("a: &a {b: *a}", "nested deeper than 32"),
        (LAUGHS, "more than 10,000"),
        ("", "a mapping of keys"),
        ("- a", "a mapping of keys"),
        ("? [a]\n: b", "not YAML"),
        ("a: \0", "not YAML"),
        ("a: 1\n---\nb: 2", "not YAML"),
    ],
)
def test_what_is_no_pipeline_file_is_refused_and_ends(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "p.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        load_config(file)


def test_bytes_that_are_no_text_and_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_bytes(b"name: \xff")
    for path in (tmp_path / "p.yml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config(path)


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates()
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_SCALARS, inner, max_size=3), max_leaves=6
)


@settings(max_examples=150)
@given(data=st.data())
def test_any_value_anywhere_is_read_or_refused(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    document = yaml.safe_load(ABALONE)
    inner = copy.deepcopy(document)
    root = inner
    while isinstance(inner, dict) and inner:
        holder, key = inner, data.draw(st.sampled_from(sorted(inner)))
        inner = inner[key]
        if data.draw(st.booleans()):
            break
    holder[key] = data.draw(_VALUES)
    file = tmp_path_factory.getbasetemp() / "any.yml"
    file.write_text(yaml.safe_dump(root, allow_unicode=True), encoding="utf-8", errors="replace")
    with contextlib.suppress(ConfigError):
        assert load_config(file).name
