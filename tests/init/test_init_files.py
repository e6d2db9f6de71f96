"""The two files: where they are, what they say, that both appear or neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.init import init
from pipeline.schema import load_schema
from pipeline.training.hyperparameters import validate

CONTENT = "\n".join(["a,b,y", *(f"{at}.5,{'uvw'[at % 3]},{at % 17}.25" for at in range(200))])


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "some data" / "data.csv"
    path.parent.mkdir()
    path.write_text(CONTENT)
    return path


def test_both_files_load_and_say_what_is_returned(data, tmp_path):
    result = init(data, label="y", output=tmp_path / "drawn" / "here")
    folder = tmp_path / "drawn" / "here"
    assert (result.config_path, result.schema_path) == (folder / "pipeline.yml", folder / "schema.json")
    config = load_config(result.config_path)
    assert config.name == "data"
    assert load_schema(config.data.schema_file) == load_schema(result.schema_path) == result.schema
    assert Path(config.data.location).resolve() == data
    assert config.features.pipeline == "auto"
    checked = validate(config.training.hyperparameters)
    assert (checked.num_round, checked.early_stopping_rounds) == (300, 10)
    assert sorted(path.name for path in folder.iterdir()) == ["pipeline.yml", "schema.json"]


def test_notes_stand_in_both_files(tmp_path, data):
    data.write_text("\n".join(["a,when,k,y", *(f"{at % 9},2024-01-{at % 28 + 1},1,{at}.5" for at in range(50))]))
    result = init(data, label="y", output=tmp_path)
    comments = result.config_path.read_text()
    assert len(result.notes) == 3
    assert all(f"# - {note}\n" in comments for note in result.notes)
    assert comments.index("To look at before the first run") < comments.index("50 rows are few")
    descriptions = [column.get("description") for column in json.loads(result.schema_path.read_text())["columns"]]
    assert descriptions[2] == "set aside: every row has the same value"


@pytest.mark.parametrize(
    ("folder", "location"),
    [
        ("some data", "data.csv"),
        ("some data/drawn", "../data.csv"),
        (".", "some data/data.csv"),
        ("drawn", "../some data/data.csv"),
        ("drawn/here", "../../some data/data.csv"),
        ("drawn/far/away", None),
    ],
)
def test_a_file_that_is_near_is_named_relatively(data, tmp_path, folder, location, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = init(Path("some data/data.csv"), label="y", output=Path(folder))
    line = next(line for line in result.config_path.read_text().splitlines() if "location:" in line)
    assert line == f"  location: {location or data}"


def test_a_link_to_a_folder_does_not_mislead(data, tmp_path):
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "away")
    result = init(data, label="y", output=tmp_path / "link" / "drawn")
    assert Path(load_config(result.config_path).data.location).samefile(data)


def test_files_that_are_there_are_kept(data, tmp_path):
    (tmp_path / "pipeline.yml").write_text("mine")
    with pytest.raises(ConfigError, match="is there already") as caught:
        init(data, label="y", output=tmp_path)
    assert "--force" in caught.value.hint
    assert (tmp_path / "pipeline.yml").read_text() == "mine"
    assert not (tmp_path / "schema.json").exists()
    result = init(data, label="y", output=tmp_path, force=True)
    assert load_config(result.config_path).name == "data"


def test_neither_file_appears_where_one_cannot(data, tmp_path):
    (tmp_path / "pipeline.yml").mkdir()
    with pytest.raises(ConfigError, match="cannot be written to"):
        init(data, label="y", output=tmp_path, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipeline.yml", "some data"]


def test_the_output_must_be_a_folder(data):
    with pytest.raises(ConfigError, match="is not a folder"):
        init(data, label="y", output=data)
    with pytest.raises(ConfigError, match="cannot be written to"):
        init(data, label="y", output=data / "drawn")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Größe & Länge (1).csv", "Groe-Lange-1"),
        ("--.csv", "pipeline"),
        ("123.csv", "123"),
        ("x" * 60 + ".csv", "x" * 40),
        ("a" * 39 + "-b.csv", "a" * 39),
        ("on: #1.csv", "on-1"),
        ("数据.csv", "pipeline"),
    ],
)
def test_the_name_is_the_file_s(tmp_path, file, name):
    (tmp_path / file).write_text(CONTENT)
    result = init(tmp_path / file, label="y", output=tmp_path / "drawn")
    config = load_config(result.config_path)
    assert config.name == name
    assert Path(config.data.location).resolve() == tmp_path / file


def test_a_given_name_wins(data, tmp_path):
    assert load_config(init(data, label="y", output=tmp_path, name="mine").config_path).name == "mine"


@pytest.mark.parametrize("name", ["", "a_b", "-a", "x" * 41, "é"])
def test_a_given_name_is_one_of_sagemaker(data, tmp_path, name):
    with pytest.raises(ConfigError, match="name"):
        init(data, label="y", output=tmp_path / "drawn", name=name)


@pytest.mark.parametrize("label", ["on", "a: b", "# y", "é\u2028", "\x07", "'\"", "[y", "null", "{", "😀", "a\\b"])
def test_any_name_of_a_column_makes_files_that_load(tmp_path, label):
    data = tmp_path / "data.csv"
    quoted = '"' + label.replace('"', '""') + '"'
    lines = [f"{at % 7},{'no' if at % 2 else label.strip()}" for at in range(200)]
    data.write_text("\n".join([f"a,{quoted}", *lines]), encoding="utf-8")
    result = init(data, label=label, output=tmp_path)
    config = load_config(result.config_path)
    assert load_schema(config.data.schema_file) == result.schema
    assert result.schema.label.name == label
    validate(config.training.hyperparameters)
