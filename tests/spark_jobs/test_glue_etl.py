"""The Glue job: Glue's arguments, all outputs or none, and the work of the processing job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from job_cases import COLUMNS, Job, rows
from tests_paths import ROOT

from pipeline.errors import ConfigError, DataError, RequirementError
from pipeline.java import java_environment
from pipeline.local import glue_libs
from spark_jobs import glue_etl, preprocess, program

OUTPUTS = {"train", "validation", "test", "model.tar.gz", "schema.json", "summary.json"}


@pytest.fixture
def awsglue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Glue's library as the local service has it; gives what the script told its job."""
    monkeypatch.syspath_prepend(str(Path(glue_libs.__file__).parent))
    from awsglue import job  # type: ignore[import-not-found]

    told: list[tuple[str, ...]] = []
    init, commit = job.Job.init, job.Job.commit

    def watched_init(self: Any, name: str, args: Any = None) -> None:
        told.append(("init", name, args["JOB_RUN_ID"]))
        init(self, name, args)

    def watched_commit(self: Any) -> None:
        told.append(("commit",))
        commit(self)

    monkeypatch.setattr(job.Job, "init", watched_init)
    monkeypatch.setattr(job.Job, "commit", watched_commit)
    yield told
    for name in [name for name in sys.modules if name.partition(".")[0] == "awsglue"]:
        del sys.modules[name]


@pytest.fixture
def job(spark: Any, tmp_path: Path) -> Job:
    return Job(spark, tmp_path)


def words(job: Job, source: Path, *more: str) -> list[str]:
    """What Glue gives the script, its own arguments among the job's."""
    own = ["true", "--job-bookmark-option", "job-bookmark-disable", "--JOB_ID", "j_1", "--JOB_RUN_ID", "jr_1"]
    names = {"S3_SOURCE": str(source), "S3_DEST": f"{job.output}/", "TRAIN_KEY": "train/", "VAL_KEY": "validation/"}
    given = [word for name, value in names.items() for word in (f"--{name}", value)]
    return [*own, *given, "--schema", str(job.folder / "schema.json"), *more, "--JOB_NAME", "etl"]


def test_the_samples_arguments_do_the_work_of_the_processing_job(job: Job, awsglue: Any, tmp_path: Path) -> None:
    source = job.input("\n".join(rows(200)))
    expected = job.run(source)
    made = {split: job.lines(split) for split in ("train", "validation", "test")}
    job.output = tmp_path / "glue"
    glue_etl.main(words(job, source))
    assert {split: job.lines(split) for split in made} == made
    summary = json.loads((job.output / "summary.json").read_text())
    # Stages have names by chance.
    assert summary["features"].pop("names") == expected["features"]["names"]
    assert {**summary, "features": None} == {**expected, "features": None}
    assert {path.name for path in job.output.iterdir() if not path.name.startswith(".")} == OUTPUTS
    assert awsglue == [("init", "etl", "jr_1"), ("commit",)]


def test_channels_go_where_the_keys_say_and_nowhere_else(job: Job, awsglue: Any) -> None:
    source = job.input("\n".join(rows(150)))
    arguments = [
        "--TRAIN_KEY",
        "/channels/a/",
        "--VAL_KEY",
        "channels/b",
        "--split",
        "0.8,0.2,0",
        "--requests",
        "False",
    ]
    glue_etl.main(words(job, source, *arguments))
    assert len(job.lines("channels/a")) + len(job.lines("channels/b")) == 150
    assert not (job.output / "train").exists()
    assert not (job.output / "requests").exists()


def test_another_run_leaves_nothing_of_the_one_before(job: Job, awsglue: Any) -> None:
    (job.output / "kept").mkdir(parents=True)
    glue_etl.main(words(job, job.input("\n".join(rows(120))), "--requests", "true"))
    assert (job.output / "requests").exists()
    glue_etl.main(words(job, job.input("\n".join(rows(90)), "other.csv")))
    assert sum(len(job.lines(split)) for split in ("train", "validation", "test")) == 90
    assert not (job.output / "requests").exists()
    assert (job.output / "kept").exists()


def test_a_failed_run_leaves_nothing_and_commits_nothing(
    job: Job, awsglue: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = job.input("\n".join(rows(60)))

    def full(*_: Any) -> None:
        raise DataError("the disk is full")

    monkeypatch.setattr(preprocess.storing, "write_model", full)
    with pytest.raises(DataError, match="the disk is full"):
        glue_etl.main(words(job, source))
    assert "error: the disk is full" in capsys.readouterr().err
    assert not [path for path in job.output.rglob("*") if path.is_file()]
    assert [told[0] for told in awsglue] == ["init"]


def test_a_spark_that_is_too_old_is_told_with_glues_version(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        version = "3.3.0-amzn-1"

    with pytest.raises(RequirementError, match=r"Glue 4\.0") as caught:
        glue_etl.run(Old(), None, [])  # type: ignore[arg-type]
    assert "5.0" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["--TRAIN_KEY", "/"], "is no key below"),
        (["--TRAIN_KEY", "../x"], "is no key below"),
        (["--TRAIN_KEY", "a", "--VAL_KEY", "a/b"], "are one place"),
        (["--VAL_KEY", "test"], "are one place"),
        (["--S3_DEST", "s3://bucket", "--TRAIN_KEY", "rows"], "the job writes s3://bucket/rows, and reads"),
        (["--S3_SOURCE", "s3://bucket/out", "--S3_DEST", "s3://bucket/out"], "and reads s3://bucket/out"),
    ],
)
def test_what_would_delete_something_else_is_refused(given: list[str], problem: str) -> None:
    base = ["--S3_SOURCE", "s3://bucket/rows/a.csv", "--S3_DEST", "s3://bucket/out", "--schema", "s3://bucket/s.json"]
    options = program.parse(preprocess.parser(), glue_etl.spelled([*base, *given]))
    with pytest.raises(ConfigError, match=problem):
        glue_etl.places(options)


def test_flags_have_values() -> None:
    assert glue_etl.spelled(["--header", "true", "--requests", "FALSE", "--label", "x"]) == ["--header", "--label", "x"]
    with pytest.raises(ConfigError, match="--header 'yes'"):
        glue_etl.spelled(["--header", "yes"])


@pytest.mark.slow
@pytest.mark.parametrize("broken", [False, True])
def test_plain_spark_runs_the_same_file(tmp_path: Path, broken: bool) -> None:
    lines = [*rows(80), "small,many,1,true,3"] if broken else rows(80)
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "schema.json").write_text(json.dumps({"columns": COLUMNS}), encoding="utf-8")
    environment = {**java_environment(), "PYTHONPATH": str(ROOT), "SPARK_LOCAL_IP": "127.0.0.1"}
    environment |= {"PYSPARK_PYTHON": sys.executable, "PYSPARK_SUBMIT_ARGS": "--master local[1] pyspark-shell"}
    command = [sys.executable, str(ROOT / "spark_jobs" / "glue_etl.py"), "--S3_SOURCE", str(tmp_path / "rows.csv")]
    command += ["--S3_DEST", str(tmp_path / "out"), "--schema", str(tmp_path / "schema.json"), "--header", "false"]
    done = subprocess.run(
        command, env=os.environ | environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode == 0) is not broken, done.stderr[-2000:]
    if broken:
        # What a script ends with is Glue's ErrorMessage.
        last = [line for line in done.stderr.splitlines() if line.startswith("pipeline.errors.")]
        assert last
        assert "DataError" in last[-1]
        assert "row 81, column 'size'" in last[-1]
        assert not [path for path in tmp_path.glob("out/**/*") if path.is_file()]
    else:
        assert (tmp_path / "out" / "summary.json").exists()
