"""The training program on SageMaker's folders, its metrics, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from machine_cases import GIVEN, SIZE, encoded, job_folder, ratings, train
from record_message import framed, message

from pipeline.errors import DataError, TrainingError
from pipeline.factorization import FILE
from pipeline.factorization.fit import evaluate
from pipeline.factorization.job import run_job
from pipeline.factorization.model import FactorizationMachine, part
from pipeline.local.training.metrics import SERIES, MetricLog


def test_the_program_leaves_model_and_metrics_and_says_what_aws_says(tmp_path: Path) -> None:
    rows, test = ratings(), ratings(300, seed=8)
    base = job_folder(tmp_path, GIVEN, {"train": encoded(rows), "test": encoded(test)})
    (base / "input" / "data" / "train" / "part-00001.pbr").write_bytes(encoded(ratings(200, seed=4)))
    done = train(base)
    assert done.returncode == 0, done.stderr
    machine = FactorizationMachine.from_bytes((base / "model" / FILE).read_bytes())
    found = evaluate(machine, test)
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"#quality_metric: host=algo-1, epoch=0, train rmse <loss>=[0-9.e-]+", lines[0])
    assert f"#quality_metric: host=algo-1, test rmse <loss>={found['rmse']!r}" in lines
    metrics = json.loads((base / "output" / "data" / "metrics.json").read_text())
    assert metrics["rounds"] == 30
    assert metrics["evals"]["test"]["rmse"][-1] == found["rmse"]
    # The mean's is 1.2; what is noise alone is 0.2.
    assert found["rmse"] < 0.5
    log = MetricLog()
    for line in lines:
        log.read(line)
    final = {each["MetricName"]: each["Value"] for each in log.fields()["FinalMetricDataList"]}
    assert final["test:rmse"] == found["rmse"]
    assert log.fields()[SERIES]["train:rmse"] == metrics["evals"]["train"]["rmse"]


def test_a_classifier_learns_and_says_its_metrics(tmp_path: Path) -> None:
    given = GIVEN | {"predictor_type": "binary_classifier"}
    channels = {"train": encoded(ratings(classes=True)), "test": encoded(ratings(300, seed=8, classes=True))}
    run_job(job_folder(tmp_path, given, channels))
    metrics = json.loads((tmp_path / "output" / "data" / "metrics.json").read_text())["evals"]["test"]
    assert metrics["binary_classification_accuracy"][-1] > 0.8
    assert metrics["binary_f_beta"][-1] > 0.8
    assert metrics["binary_classification_cross_entropy"][-1] < 0.6


def test_the_same_rows_make_the_same_model_and_a_stop_keeps_what_is_learned(tmp_path: Path) -> None:
    rows = encoded(ratings(300))
    models = [run_job(job_folder(tmp_path / name, GIVEN | {"epochs": "2"}, {"train": rows})) for name in "ab"]
    assert models[0].model.to_bytes() == models[1].model.to_bytes()
    steps = iter(range(100))
    stopped = run_job(job_folder(tmp_path / "c", GIVEN, {"train": rows}), should_stop=lambda: next(steps) >= 8)
    assert stopped.epochs == 1
    assert (tmp_path / "c" / "model" / FILE).exists()


ROWS = ratings(5)
REFUSED = {
    "no label": (framed(message([1], [3], SIZE).SerializeToString()), {}, "not every record has a label"),
    "another size": (
        encoded(ROWS),
        {"feature_dim": "101"},
        r"record 1: the row has 100 features; expected feature_dim, 101",
    ),
    "no class": (
        encoded(ROWS),
        {"predictor_type": "binary_classifier"},
        r"train/part-00000.pbr: record 1: the label is",
    ),
    "a label that is none": (
        encoded(part(ROWS, 0, 1)) + framed(message([1], [3], SIZE, float("nan")).SerializeToString()),
        {},
        "record 2: the label is nan; expected a finite number",
    ),
    "cut off": (encoded(ROWS)[:-2], {}, r"train/part-00000.pbr: record 5, byte \d+: the stream is cut off"),
    "nothing": (b"", {}, "channel 'train' has no rows"),
    "unknown": (encoded(ROWS), {"num_factor": "3"}, "did you mean 'num_factors'"),
    "missing": (encoded(ROWS), {"num_factors": None}, "num_factors is required"),
    "out of range": (encoded(ROWS), {"epochs": "0"}, r"epochs: found '0'; expected a whole number from 1 up"),
    "without its value": (encoded(ROWS), {"bias_init_method": "constant"}, "bias_init_value is required"),
    "diverging": (encoded(ratings(500)), {"factors_lr": "1e30"}, "no finite number: training diverges"),
    "another objective": (
        encoded(ROWS),
        {"_tuning_objective_metric": "test:binary_f_beta"},
        "expected one of test:rmse, test:mse, test:absolute_loss",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid:RuntimeWarning")
def test_what_cannot_be_trained_on_is_said(tmp_path: Path, name: str) -> None:
    content, changes, message_ = REFUSED[name]
    given = {key: value for key, value in {**GIVEN, **changes}.items() if value is not None}
    with pytest.raises((TrainingError, DataError)) as caught:
        run_job(job_folder(tmp_path, given, {"train": content}))
    assert re.search(message_, str(caught.value))
    assert not (tmp_path / "model").exists()


def test_several_hosts_and_other_channels_are_refused(tmp_path: Path) -> None:
    hosts = {"hosts": ["algo-1", "algo-2"], "current_host": "algo-1"}
    base = job_folder(tmp_path / "a", GIVEN, {"train": encoded(ROWS)}, resourceconfig=hosts)
    with pytest.raises(TrainingError, match="2 hosts: factorization machines are trained on one here"):
        run_job(base)
    base = job_folder(tmp_path / "b", GIVEN, {"train": encoded(ROWS), "validation": encoded(ROWS)})
    done = train(base)
    assert done.returncode == 1
    assert "channel 'validation' is not known; allowed: train, test" in (base / "output" / "failure").read_text()
