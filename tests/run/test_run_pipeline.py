"""The whole run by the command line: from rows to report, on a machine without java on its PATH."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from readme_cases import holds_readme_figures
from tests_paths import ROOT

from pipeline.scoring import Scorer

CLI = Path(sys.executable).with_name("inference-pipeline")


def without_java(tools: Path) -> dict[str, str]:
    """The environment with Python and the system's programs, but no java to be found."""
    kept = ("HOME", "XDG_CACHE_HOME", "LANG", "INFERENCE_PIPELINE_JARS")
    return {key: os.environ[key] for key in kept if key in os.environ} | {"PATH": f"{CLI.parent}:{tools}"}


def hide_java(tools: Path) -> None:
    """Links every program of the system but Java's into a folder."""
    for program in [*Path("/bin").iterdir(), *Path("/usr/bin").iterdir()]:
        if not program.name.startswith("java") and not (tools / program.name).is_symlink():
            (tools / program.name).symlink_to(program)


TOOLS = Path(tempfile.mkdtemp(prefix="tools-"))
hide_java(TOOLS)
atexit.register(shutil.rmtree, TOOLS)


def run(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [str(CLI), *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=without_java(TOOLS), capture_output=True, text=True, check=False, timeout=600
    )


@pytest.fixture(scope="module")
def abalone_run(abalone_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("runs") / "abalone"
    done = run("run", "examples/abalone/pipeline.yml", "--input", abalone_csv, "--output", output)
    assert done.returncode == 0, done.stderr
    return output


@pytest.fixture(scope="module")
def record(abalone_run: Path) -> dict[str, Any]:
    return json.loads((abalone_run / "run.json").read_text(encoding="utf-8"))


def test_the_run_explains_itself(record: dict[str, Any], abalone_run: Path) -> None:
    assert record["status"] == "completed"
    assert record["input"]["rows"] == 4177
    assert sum(record["splits"].values()) == 4177
    holds_readme_figures("abalone", record["metrics"])
    assert {"python", "pyspark", "java", "xgboost", "numpy", "pyarrow"} <= record["versions"].keys()
    assert [step["status"] for step in record["steps"]] == ["done"] * 9
    for artifact in record["artifacts"]:
        assert (abalone_run / artifact["path"]).stat().st_size == artifact["bytes"]
    assert (abalone_run / "report.html").stat().st_size > 50_000
    assert not list(abalone_run.parent.glob(".*")), "nothing half-written stays beside the run"


def test_endpoint_and_transform_job_answer_what_the_scorer_says(record: dict[str, Any], abalone_run: Path) -> None:
    endpoint, transform = record["endpoint"], record["batch"]["transform"]
    assert (endpoint["requests"], endpoint["agree"], endpoint["measured"]) == (202, True, "server")
    assert 0 < endpoint["p50_ms"] <= endpoint["p99_ms"]
    assert 0 < endpoint["runtime"]["p50_ms"] <= endpoint["runtime"]["p99_ms"]
    assert endpoint["cold_start_seconds"] > 0
    assert transform["status"] == "compared"
    made = [path.read_text() for path in sorted((abalone_run / transform["output"]).iterdir())]
    batch = (abalone_run / record["batch"]["output"]).read_text()
    assert sorted("".join(made).splitlines()) == sorted(batch.splitlines())


def test_the_jobs_logs_are_kept(abalone_run: Path) -> None:
    logs = {path.name: path.read_text(encoding="utf-8") for path in (abalone_run / "logs").iterdir()}
    assert logs.keys() == {"etl.log", "training.log", "endpoint.log"}
    assert "preprocess: writing the bundle\n" in logs["etl.log"]
    assert logs["training.log"].count("train-rmse:") == 10
    assert "\nserving " in "\n" + logs["endpoint.log"]
    assert "Completed" not in "".join(logs.values())


def test_spark_scorer_and_mleap_agree_on_every_test_row(record: dict[str, Any]) -> None:
    verification = record["verification"]
    assert verification["engines"] == ["spark", "native", "mleap"], verification["mleap"]
    assert verification["rows"] == record["splits"]["test"]
    assert (verification["feature_differences"], verification["prediction_differences"]) == (0, 0)


def test_the_archives_are_laid_out_for_their_containers(abalone_run: Path) -> None:
    def top(layout: str) -> set[str]:
        with tarfile.open(abalone_run / "model" / layout / "model.tar.gz") as archive:
            return {name.split("/")[0] for name in archive.getnames()}

    assert {"bundle.json", "root"} <= top("sparkml")
    assert top("xgboost") == {"xgboost-model"}
    assert top("fused") == {"xgboost-model", "inference"}


def test_every_row_of_the_file_scores_alike_in_batch_scorer_and_xgboost(
    abalone_run: Path, abalone_csv: Path, tmp_path: Path
) -> None:
    import pyarrow.csv as pc_csv
    import xgboost

    done = run("score", abalone_run, abalone_csv, "-o", tmp_path / "all.csv")
    assert done.returncode == 0, done.stderr
    batch = np.loadtxt(tmp_path / "all.csv").astype(np.float32)
    scorer = Scorer.load(abalone_run)
    names = pc_csv.ReadOptions(column_names=scorer.contract.names)
    table = pc_csv.read_csv(abalone_csv, read_options=names)
    with tarfile.open(abalone_run / "model" / "xgboost" / "model.tar.gz") as archive:
        member = archive.extractfile("xgboost-model")
        assert member is not None
        booster = xgboost.Booster(model_file=bytearray(member.read()))
    features = np.array(scorer.transform(table, ["features"])["features"].to_pylist())
    assert len(batch) == 4177
    assert np.array_equal(batch, scorer.predict(table))
    assert np.array_equal(batch, booster.predict(xgboost.DMatrix(features)))


def test_a_second_run_replaces_the_first_and_changes_nothing_that_counts(
    abalone_run: Path, abalone_csv: Path, record: dict[str, Any]
) -> None:
    done = run("run", "examples/abalone/pipeline.yml", "--input", abalone_csv, "--output", abalone_run)
    assert done.returncode == 0, done.stderr
    again = json.loads((abalone_run / "run.json").read_text(encoding="utf-8"))
    for key in ("splits", "metrics", "classes"):
        assert again[key] == record[key]
    assert again["training"]["evals"] == record["training"]["evals"]


def test_churn_runs_on_the_published_file(churn_csv: Path, tmp_path: Path) -> None:
    done = run("run", "examples/churn/pipeline.yml", "--input", churn_csv, "--output", tmp_path / "churn")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "churn" / "run.json").read_text(encoding="utf-8"))
    holds_readme_figures("churn", record["metrics"])
    assert record["verification"]["feature_differences"] == record["verification"]["prediction_differences"] == 0
    assert record["verification"]["mleap"]["status"] == "compared"


SECTION = """
sagemaker:
  network_isolation: true
  model: {layout: two-containers}
  endpoint: null
  transform: null
  registration: {group: shells}
  tuning:
    {objective: validation:rmse, strategy: Random, max_jobs: 2, parallel_jobs: 2, ranges: {eta: {min: 0.1, max: 0.3}}}
"""


def test_the_files_own_requests_are_sent_on_a_synthetic_sample_in_a_folder_of_an_odd_name(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "abalone" / "pipeline.yml").read_text(encoding="utf-8")
    start, end = text.index("  download:"), text.index("  sample:")
    mine = tmp_path / "my [files], 1"
    mine.mkdir()
    (mine / "pipeline.yml").write_text(
        (text[:start] + text[end:]).replace("../../schemas", str(ROOT / "schemas")) + SECTION, encoding="utf-8"
    )
    for name in ("features.py", "sample.py"):
        (mine / name).write_text((ROOT / "examples" / "abalone" / name).read_text(), encoding="utf-8")
    done = run("run", "pipeline.yml", cwd=mine)
    assert done.returncode == 0, done.stderr
    folder = mine / "runs" / "abalone"
    record = json.loads((folder / "run.json").read_text())
    assert record["input"]["kind"] == "synthetic"
    assert "synthetic" in (folder / "report.html").read_text(encoding="utf-8").lower()
    assert "best of 2 jobs" in done.stderr
    assert 0.1 <= float(record["training"]["hyperparameters"]["eta"]) <= 0.3
    assert (record["endpoint"]["agree"], record["endpoint"]["measured"]) == (True, "runtime")
    assert record["batch"]["transform"]["status"] == "compared"


def test_own_data_with_text_classes_nulls_and_booleans_runs_from_init(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    lines = ["id,colour,weight,fragile,shipped,note,kind"]
    for at in range(900):
        kind = ("bird", "größe", "fish, dried")[at % 3]
        weight = "" if at % 17 == 0 else f"{chance.normal(at % 3 * 2, 0.7):.3f}"
        colour = ("red", "green", '"blue, dark"')[int(chance.integers(3))]
        cell = f'"{kind}"' if "," in kind else kind
        lines.append(f"{1000 + at},{colour},{weight},{str(at % 2 == 0).lower()},2026-01-{at % 28 + 1:02d},same,{cell}")
    (tmp_path / "things.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run("init", "things.csv", "--label", "kind", "--output", "things", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run("run", "things/pipeline.yml", "--output", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["classes"] == ["bird", "fish, dried", "größe"]
    assert record["metrics"]["accuracy"] > 0.7
    predictions = (tmp_path / "out" / "predictions" / "test.csv").read_text(encoding="utf-8").splitlines()
    assert len(predictions) == record["splits"]["test"]
    assert any(line.startswith("größe,") for line in predictions)


def test_a_failed_run_leaves_nothing_and_says_which_step(abalone_csv: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    lines = abalone_csv.read_text().splitlines()
    lines[700] = lines[700].replace(",", ",x", 1)
    bad.write_text("\n".join(lines))
    done = run("run", "examples/abalone/pipeline.yml", "--input", bad, "--output", tmp_path / "out")
    assert done.returncode == 1
    assert "step etl: bad.csv, row 701, column 'length': found 'x" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "is not there"),
        (b"", "is empty"),
        (b"\xef\xbb\xbfM,1,1,1,1,1,1,1,1\n", "byte order mark"),
        ("M,1,1,1,1,1,1,1,1\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_input_that_cannot_be_read_is_refused_before_spark_starts(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "rows.csv"
    if content is not None:
        file.write_bytes(content)
    done = run("run", "examples/abalone/pipeline.yml", "--input", file, "--output", tmp_path / "out")
    assert done.returncode == 1
    assert words in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_run_is_not_overwritten(abalone_csv: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious.txt").write_text("keep me")
    done = run("run", "examples/abalone/pipeline.yml", "--input", abalone_csv, "--output", tmp_path / "mine")
    assert done.returncode == 1
    assert "is not a run" in done.stderr
    assert (tmp_path / "mine" / "precious.txt").read_text() == "keep me"


def test_an_interrupted_run_leaves_nothing(abalone_csv: Path, tmp_path: Path) -> None:
    command = [
        str(CLI),
        "run",
        "examples/abalone/pipeline.yml",
        "--input",
        str(abalone_csv),
        "--output",
        str(tmp_path / "out"),
    ]
    with subprocess.Popen(command, cwd=ROOT, env=without_java(TOOLS), stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".out.run-*/logs/etl.log")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in said
    assert list(tmp_path.iterdir()) == []


def test_the_mleap_serialiser_writes_a_bundle_that_means_the_same(abalone_csv: Path, tmp_path: Path) -> None:
    text = (ROOT / "examples" / "abalone" / "pipeline.yml").read_text(encoding="utf-8")
    text = text.replace("../../schemas", str(ROOT / "schemas"))
    text = text.replace("  pipeline: features:build", "  pipeline: features:build\n  serializer: mleap")
    (tmp_path / "pipeline.yml").write_text(text, encoding="utf-8")
    source = (ROOT / "examples" / "abalone" / "features.py").read_text(encoding="utf-8")
    # MLeap 0.16 takes the encoder's columns as lists only.
    source = source.replace(
        'inputCol="sex_index", outputCol="sex_vector"', 'inputCols=["sex_index"], outputCols=["sex_vector"]'
    )
    (tmp_path / "features.py").write_text(source, encoding="utf-8")
    done = run("run", "pipeline.yml", "--input", abalone_csv, "--output", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["verification"]["feature_differences"] == 0
    assert record["verification"]["engines"] == ["spark", "native", "mleap"]
    with tarfile.open(tmp_path / "out" / "model" / "sparkml" / "model.tar.gz") as archive:
        member = archive.extractfile("bundle.json")
        assert member is not None
        assert json.load(member)["version"].startswith("0.16")


def test_the_training_channels_keep_their_label_first(abalone_run: Path) -> None:
    lines = next((abalone_run / "data" / "train").glob("part-*")).read_text().splitlines()
    assert {float(line.split(",")[0]) for line in lines} <= set(map(float, range(1, 30)))
    assert {len(line.split(",")) for line in lines} == {10}
