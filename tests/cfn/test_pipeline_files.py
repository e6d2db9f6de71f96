"""Pipeline files brought to Airflow: with the code of their tasks and all else that they name, or refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloud import REGION, Cloud
from tests_paths import ROOT

from pipeline.cloud.packages import dag_files
from pipeline.cloud.packing import Packing
from pipeline.config import PipelineConfig, load_file
from pipeline.config.tasks import TaskFile
from pipeline.errors import ConfigError
from pipeline.sending.objects import download_folder

LIMINAL = """
name: liminal_words
images:
  - {image: words, type: python, source: words/source}
pipelines:
  - pipeline: liminal_words
    owner: somebody
    start_date: 1970-01-01
    schedule: 0 * 1 * *
    tasks:
      - {task: count, type: python, image: words, cmd: python count.py}
volumes:
  - {volume: notes, local: {path: words/source/notes}}
"""


def tasks(**more: Any) -> str:
    document = {
        "name": "words",
        "images": {"words": {"source": "source"}},
        "pipelines": {"words": {"tasks": [{"name": "count", "image": "words", "cmd": "python count.py"}]}},
        **more,
    }
    return yaml.safe_dump(document)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pipeline files of both grammars, with source folders, what runs have left, and what is nobody's business."""
    made = tmp_path / "pipelines"
    files = {
        "liminal.yml": LIMINAL,
        "words/tasks.yml": tasks(volumes={"store": {"folder": "store"}, "all": {"folder": "."}}),
        "words/source/count.py": "print(1)",
        "words/source/deep/data.txt": "a b",
        "words/source/__pycache__/count.pyc": "",
        "words/source/.venv/lib.py": "",
        "words/source/.env": "PASSWORD=x",
        "words/source/notes/left.txt": "of a run",
        "words/store/left.json": "{}",
        "broken.yml": "pipelines: {x: 1}",
        "notes.md": "",
    }
    for name, content in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(content)
    return made


def deployed(aws: Cloud, folder: Path, bucket: str) -> set[str]:
    """The keys of what becomes of a folder in a bucket, without the project's own."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    Packing(s3, {"Bucket": bucket, "DagsPrefix": "dags"}, {}, folder, lambda line: None).dags()
    own = "dags/pipelines/"
    return {found["Key"].removeprefix(own) for found in aws.objects(bucket) if found["Key"].startswith(own)}


def sent(folder: Path) -> set[str]:
    """The same without a bucket."""
    return {key.removeprefix("pipelines/") for key in dag_files(folder) if key.startswith("pipelines/")}


def test_source_folders_go_along_without_what_runs_have_left(aws: Cloud, folder: Path, tmp_path: Path) -> None:
    assert deployed(aws, folder, "sources") == {
        "broken.yml",
        "liminal.yml",
        "notes.md",
        "words/source/count.py",
        "words/source/deep/data.txt",
        "words/tasks.yml",
    }
    # There it is what it is here.
    download_folder(aws.client("s3"), "s3://sources/dags/pipelines", tmp_path / "there")
    for name in ("liminal.yml", "words/tasks.yml"):
        config = load_file(tmp_path / "there" / name)
        assert isinstance(config, TaskFile)
        assert (Path(config.images["words"].source) / "count.py").read_text() == "print(1)"


def test_the_examples_find_there_what_they_name(aws: Cloud, tmp_path: Path) -> None:
    names = deployed(aws, ROOT / "examples", "examples")
    assert {"iris/training.py", "iris/serving.py", "recommender/sample.py", "abalone/features.py"} <= names
    assert not [name for name in names if name.startswith("iris/store/")]
    download_folder(aws.client("s3"), "s3://examples/dags", tmp_path)
    for name in ("abalone/pipeline.yml", "churn/glue.yml", "recommender/pipeline.yml"):
        config = load_file(tmp_path / "pipelines" / name)
        assert isinstance(config, PipelineConfig)
        assert Path(config.data.schema_file).is_file()


@pytest.mark.parametrize("place", ["../elsewhere", "../elsewhere/deep"])
def test_code_that_would_stay_behind_is_refused(folder: Path, place: str) -> None:
    (folder / "words" / place / "deep").mkdir(parents=True)
    (folder / "words" / place / "count.py").write_text("")
    within = sent(folder)
    assert {name for name in within if name.startswith("elsewhere")} == {f"{place.removeprefix('../')}/count.py"}
    shutil.move(folder / "elsewhere", folder.parent / "elsewhere")
    (folder / "words" / "tasks.yml").write_text(tasks(images={"words": {"source": f"../{place}"}}))
    with pytest.raises(ConfigError) as caught:
        sent(folder)
    assert "words/tasks.yml: images.words.source is " in caught.value.message
    assert str(folder.parent / place.removeprefix("../")) in caught.value.message


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"data": {"schema": "../mine.json"}}, "data.schema"),
        ({"data": {"schema": "mine.json", "location": "../rows.csv"}}, "data.location"),
        (
            {"data": {"schema": "mine.json"}, "sagemaker": {"model": {"wheels": "../wheels"}}},
            "sagemaker.model.wheels",
        ),
    ],
)
def test_contracts_rows_and_wheels_that_would_stay_behind_are_refused(
    tmp_path: Path, changes: dict[str, Any], key: str
) -> None:
    folder = tmp_path / "pipelines"
    folder.mkdir()
    for place in (folder, tmp_path):
        shutil.copy(ROOT / "schemas" / "abalone.json", place / "mine.json")
        (place / "rows.csv").write_text("")
        (place / "wheels").mkdir()
        (place / "wheels" / "a.whl").write_text("")
    document = {"name": "own", "features": {"pipeline": "auto"}, "training": {"hyperparameters": {"num_round": 1}}}
    for path, allowed in (("../", False), ("", True)):
        text = yaml.safe_dump({**document, **changes}).replace("../", path)
        (folder / "pipeline.yml").write_text(text)
        if allowed:
            assert "pipeline.yml" in sent(folder)
        else:
            with pytest.raises(ConfigError, match=f"pipeline.yml: {key} is "):
                sent(folder)


def test_what_is_nowhere_or_the_workers_own_is_not_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "pipelines"
    folder.mkdir()
    (tmp_path / "code").mkdir()
    images = {"words": {"source": str(tmp_path / "code")}, "other": {"source": "../not-there"}}
    (folder / "tasks.yml").write_text(tasks(images=images))
    assert sent(folder) == {"tasks.yml"}
