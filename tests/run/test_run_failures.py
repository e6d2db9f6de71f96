"""How a run fails before Spark starts: which step, why, what to do, and nothing left."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from tests_paths import ROOT

from pipeline.errors import ConfigError, PipelineError, SchemaError, StepError, TrainingError
from pipeline.run import run_pipeline

EXAMPLE = ROOT / "examples" / "abalone" / "pipeline.yml"


def failure(kind: type[PipelineError], file: Path, data: Path, output: Path) -> PipelineError:
    with pytest.raises(kind) as caught:
        run_pipeline(file, data=data, output=output, console=Console(file=io.StringIO()))
    assert type(caught.value) is kind
    return caught.value


def test_an_error_on_purpose_names_its_step_and_keeps_its_hint(tmp_path: Path) -> None:
    error = failure(StepError, EXAMPLE, tmp_path / "nowhere.csv", tmp_path / "out")
    assert error.message == f"step input: {tmp_path / 'nowhere.csv'} is not there"
    assert error.hint == "is the path right?"
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_system_names_its_step(tmp_path: Path) -> None:
    error = failure(StepError, EXAMPLE, tmp_path / ("x" * 300), tmp_path / "out")
    assert error.message.startswith("step input: ")
    assert "File name too long" in error.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("found", "wrong", "kind", "problem"),
    [
        ("eta: 0.2", "eta: 7", TrainingError, "eta"),
        ("../../schemas/abalone.json", "nowhere.json", SchemaError, "nowhere.json"),
        ("sample: sample:generate", "samples: 1", ConfigError, "samples"),
    ],
)
def test_a_wrong_pipeline_file_is_refused_before_anything_is_made(
    tmp_path: Path, found: str, wrong: str, kind: type[PipelineError], problem: str
) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace(found, wrong)
    (tmp_path / "pipeline.yml").write_text(text.replace("../../schemas", str(ROOT / "schemas")), encoding="utf-8")
    with pytest.raises(kind, match=problem) as caught:
        run_pipeline(tmp_path / "pipeline.yml", output=tmp_path / "deep" / "out")
    assert not isinstance(caught.value, StepError)
    assert [path.name for path in tmp_path.iterdir()] == ["pipeline.yml"]
