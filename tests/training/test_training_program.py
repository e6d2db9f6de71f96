"""The program on SageMaker's folders, as a process: what it writes, how it fails, how it stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import xgboost

from pipeline.errors import TrainingError
from pipeline.training import run_job


def command(base):
    return [sys.executable, "-m", "pipeline.training", "--base-dir", str(base.folder)]


def two_channels(base, numbers, csv_text):
    label, features = numbers
    base.channel("train", {"a.csv": csv_text(label[:200], features[:200])}, "text/csv;label_size=1")
    base.channel("validation", {"a.csv": csv_text(label[200:], features[200:])})


def files(base):
    return sorted(path.relative_to(base.folder).as_posix() for path in base.folder.rglob("*") if path.is_file())


def test_a_job(base, numbers, csv_text):
    two_channels(base, numbers, csv_text)
    base.hyperparameters(num_round="3", objective="reg:linear", eval_metric="mae,rmse")
    base.container.failure.parent.mkdir(parents=True)
    base.container.failure.write_text("of an earlier try", encoding="utf-8")
    done = subprocess.run(command(base), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not base.container.failure.exists()
    assert "reg:linear is called reg:squarederror" in done.stderr
    assert "channel validation: 100 rows, 4 features" in done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3

    label, features = numbers
    matrix = xgboost.DMatrix(features[200:].astype(np.float32), label=label[200:])
    model = base.container.model.read_bytes()
    assert model[:1] == b"{"  # UBJSON, not a pickle
    error = xgboost.Booster(model_file=bytearray(model)).predict(matrix) - label[200:]
    metrics = json.loads(base.container.metrics.read_text(encoding="utf-8"))
    assert metrics["evals"]["validation"]["rmse"][2] == pytest.approx(float(np.sqrt(np.mean(error**2))), rel=1e-6)
    assert lines[2].endswith(f"\tvalidation-rmse:{metrics['evals']['validation']['rmse'][2]:.5f}")
    assert {name: metrics[name] for name in metrics if name != "evals"} == {
        "rounds": 3,
        "best_iteration": 2,
        "zeros_are_missing": False,
        "content_type": "text/csv;label_size=1",
        "num_feature": 4,
        "xgboost_version": xgboost.__version__,
    }
    assert files(base)[-2:] == ["model/xgboost-model", "output/data/metrics.json"]


def test_sagemakers_default_is_libsvm_and_channels_agree_on_the_features(base):
    base.channel("train", {"a": "1 0:1\n0 1:1\n" * 5}, content_type=None)
    base.channel("validation", {"a": "1 6:1\n0 1:1\n" * 5}, content_type=None)
    base.hyperparameters(num_round="2")
    run_job(base.folder)
    metrics = json.loads(base.container.metrics.read_text(encoding="utf-8"))
    assert metrics["zeros_are_missing"] is True
    assert metrics["num_feature"] == 7
    assert xgboost.Booster(model_file=bytearray(base.container.model.read_bytes())).num_features() == 7


def test_a_metric_that_is_not_defined_is_null(base):
    base.channel("train", {"a": "1,1\n0,2\n" * 5})
    base.hyperparameters(num_round="1", eval_metric="mape")
    run_job(base.folder)
    assert json.loads(base.container.metrics.read_text(encoding="utf-8"))["evals"] == {"train": {"mape": [None]}}


def test_failure(base):
    base.channel("train", {"a.csv": "label,width\n1,2\n"})
    base.hyperparameters(num_round="1")
    done = subprocess.run(command(base), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    reason = base.container.failure.read_text(encoding="utf-8")
    assert reason.startswith("train/a.csv, row 1, column 'label': cell 1 holds 'label'; expected a number")
    assert done.stderr == f"DataError: {reason}\n"
    assert not base.container.model.exists()
    assert not base.container.metrics.exists()


def test_failure_is_cut_to_what_sagemaker_shows(base):
    base.hyperparameters(**{"é" * 5000: "1"})
    done = subprocess.run(command(base), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("TrainingError: 'éé")
    assert len(base.container.failure.read_text(encoding="utf-8")) == 1024


def test_what_nobody_foresaw_shows_its_trace(base):
    base.hyperparameters(num_round="1")
    base.channel("train", {"a": "1,2\n0,1\n"})
    base.container.model.mkdir(parents=True)
    done = subprocess.run(command(base), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert base.container.failure.read_text(encoding="utf-8").startswith("IsADirectoryError: ")
    assert files(base)[-2:] == ["output/data/metrics.json", "output/failure"]  # no temporary file stays


def test_the_base_folder_comes_from_the_environment(base):
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base.folder)}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.training"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "hyperparameters.json cannot be read" in base.container.failure.read_text(encoding="utf-8")


def test_sigterm_saves_the_rounds_done(base, numbers, csv_text):
    two_channels(base, numbers, csv_text)
    base.hyperparameters(num_round="1000000", max_depth="2", nthread="1")
    with subprocess.Popen(command(base), stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        first = program.stdout.readline()
        program.send_signal(signal.SIGTERM)
        # What readline() has read ahead is lost to communicate().
        out = program.stdout.read()
    assert program.returncode == 0
    rounds = len([first, *out.splitlines()])
    assert rounds < 1_000_000
    assert json.loads(base.container.metrics.read_text(encoding="utf-8"))["rounds"] == rounds
    booster = xgboost.Booster(model_file=bytearray(base.container.model.read_bytes()))
    assert booster.num_boosted_rounds() == rounds


def open_when_read(pipe):
    """Opens a named pipe for writing once somebody reads it."""
    for _ in range(600):
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(pipe)


def test_sigterm_while_reading_ends_at_once(base):
    folder = base.channel("train", {})
    folder.mkdir(parents=True)
    os.mkfifo(folder / "never.csv")
    base.hyperparameters(num_round="1")
    with subprocess.Popen(command(base), stderr=subprocess.PIPE, text=True) as program:
        pipe = open_when_read(folder / "never.csv")
        program.send_signal(signal.SIGTERM)
        _, err = program.communicate(timeout=60)
        os.close(pipe)
    assert program.returncode == 0
    assert err == "stopped before the first round: there is no model\n"
    assert not base.container.model.exists()


def test_channels_that_do_not_fit_together(base):
    base.hyperparameters(num_round="1")
    base.channel("train", {"a": "1,2\n0,1\n"})
    base.channel("validation", {"a": "1,2,3\n0,1,3\n"})
    with pytest.raises(TrainingError, match="channel 'train' has 1 features, other channels have 2"):
        run_job(base.folder)
    base.channel("validation", {"a": "1 0:3\n0 0:2\n"}, "text/libsvm")
    with pytest.raises(TrainingError, match="give all channels one format"):
        run_job(base.folder)


def test_early_stopping_without_validation_is_refused_before_data_is_read(base):
    base.hyperparameters(num_round="1", early_stopping_rounds="3")
    base.channel("train", {"a": "not data"})
    with pytest.raises(TrainingError, match="early_stopping_rounds needs a validation channel"):
        run_job(base.folder)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "the channel 'train' is missing"),
        (
            {"train": {}, "validate": {}},
            "channel 'validate' is not known; allowed: train, validation\n  hint: .*'validation'",
        ),
        ({"train": {}, "zzz": {}}, "channel 'zzz' is not known; allowed: train, validation$"),
        ({"train": "text/csv"}, "channel 'train' is not an object"),
        ({"train": {"TrainingInputMode": "Pipe"}}, "TrainingInputMode 'Pipe'; expected File or FastFile"),
        (["train"], "inputdataconfig.json must hold a JSON object"),
    ],
)
def test_bad_channel_configuration(base, config, message):
    base.hyperparameters(num_round="1")
    base.configure("inputdataconfig.json", config)
    with pytest.raises(TrainingError, match=message):
        run_job(base.folder)


def test_one_host_only(base):
    base.configure("resourceconfig.json", {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]})
    with pytest.raises(TrainingError, match=r"resourceconfig\.json names 2 hosts; 1 came"):
        run_job(base.folder)


def test_the_package_is_light():
    code = "import sys, pipeline.training; print({'xgboost', 'pyarrow', 'scipy', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
