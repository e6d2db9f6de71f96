"""Training by xgboost.spark: as good as the built-in training, and the same kind of model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from job_cases import Job
from tests_paths import ROOT

from pipeline.bundle.archive import read_files
from pipeline.columns import Dense
from pipeline.errors import DataError, TrainingError
from pipeline.scoring.booster import Booster
from pipeline.training import to_dmatrix
from pipeline.training import train as train_built_in
from pipeline.training.channels import read_channel
from pipeline.training.cluster import ClusterResult
from pipeline.training.hyperparameters import validate
from spark_jobs import channels, train

pytestmark = [
    pytest.mark.spark,
    # PySpark 3.5's own, and what xgboost.spark still calls.
    pytest.mark.filterwarnings("ignore:distutils Version classes are deprecated:DeprecationWarning"),
]

ABALONE = {
    "objective": "reg:squarederror",
    "num_round": "30",
    "eta": "0.2",
    "gamma": 4,
    "max_depth": 5,
    "min_child_weight": "6",
    "lambda": "1.5",
    "eval_metric": "mae,rmse",
    "early_stopping_rounds": "5",
}
CONTENT_TYPES = {"csv": "text/csv", "libsvm": "text/libsvm"}


class Training:
    """Runs the job on a processing job's output."""

    def __init__(self, spark: Any, folder: Path) -> None:
        self.spark, self.folder = spark, folder

    def run(self, etl: Path, hyperparameters: Any, *more: str) -> ClusterResult:
        (self.folder / "hyperparameters.json").write_text(json.dumps(hyperparameters), encoding="utf-8")
        arguments = ["--input", str(etl), "--output", str(self.folder / "trained")]
        arguments += ["--hyperparameters", str(self.folder / "hyperparameters.json"), *more]
        return train.run(self.spark, train.parser().parse_args(arguments))  # type: ignore[no-any-return]

    @property
    def model(self) -> bytes:
        """What a training job's archive holds."""
        files = read_files(self.folder / "trained" / "model.tar.gz")
        assert list(files) == ["xgboost-model"]
        return files["xgboost-model"]


@pytest.fixture
def training(spark: Any, tmp_path: Path) -> Training:
    return Training(spark, tmp_path)


def write_etl(folder: Path, label: Any, features: Any) -> Path:
    """The parts of a processing job's output that training reads."""
    for name in ("train", "validation"):
        (folder / name).mkdir(parents=True)
        rows = zip(label.tolist(), features.tolist(), strict=True)
        lines = "".join(",".join(map(repr, map(float, [one, *row]))) + "\n" for one, row in rows)
        lines = lines.replace("nan", "NaN")
        (folder / name / "part-0.csv").write_text(lines, encoding="utf-8")
    summary = {
        "splits": {"train": len(label), "validation": len(label)},
        "features": {"count": features.shape[1]},
        "zeros_are_missing": False,
    }
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder


@pytest.mark.parametrize("form", ["csv", "libsvm"])
def test_abalone_is_learned_as_well_as_by_the_built_in_training(
    training: Training, spark: Any, tmp_path: Path, abalone_csv: Path, form: str
) -> None:
    import xgboost

    job = Job(spark, tmp_path)
    job.schema(json.loads((ROOT / "schemas" / "abalone.json").read_text(encoding="utf-8")))
    summary = job.run(abalone_csv, "--training-format", form)
    result = training.run(job.output, ABALONE, "--training-format", form)

    size = summary["features"]["count"]
    matrices = [
        to_dmatrix(read_channel(job.output / name, CONTENT_TYPES[form]), size) for name in ("train", "validation")
    ]
    built_in = train_built_in(validate(ABALONE), *matrices)
    assert result.evals["validation"]["rmse"] == pytest.approx(built_in.evals["validation"]["rmse"], rel=0.02)
    booster = xgboost.Booster(model_file=bytearray(training.model))
    assert booster.num_boosted_rounds() == result.best_iteration + 1
    metrics = json.loads((tmp_path / "trained" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["evals"] == result.evals
    assert metrics["rounds"] == result.rounds

    # XGBoost's own, the estimator's and ours.
    options = train.parser().parse_args(["--input", str(job.output), "--output", "", "--hyperparameters", ""])
    options.training_format = form
    rows = train.splits(spark, options, size, validation=True)
    made = result.fitted.transform(rows).select("values", "prediction").collect()
    features = np.array([row["values"] for row in made])
    missing = 0.0 if form == "libsvm" else np.nan
    expected = booster.predict(xgboost.DMatrix(features.astype(np.float32), missing=missing))
    scorer = Booster(training.model, zeros_are_missing=form == "libsvm")
    assert np.array_equal(scorer.predict(Dense(features)), expected)
    assert np.array_equal(np.array([row["prediction"] for row in made], dtype=np.float32), expected)


def test_each_format_of_a_split_is_read_as_the_same_numbers(spark: Any, tmp_path: Path) -> None:
    label, features = np.array([1.5, -2.0, 0.0]), np.array([[0.0, 1e-7, -3.5], [0.0, 0.0, 0.0], [2.0, 1e300, 0.1]])
    for form, content in (
        ("csv", "1.5,0.0,1.0E-7,-3.5\n-2.0,0.0,0.0,0.0\n0.0,2.0,1.0E300,0.1\n"),
        ("libsvm", "1.5 1:1.0E-7 2:-3.5\n-2.0\n0.0 0:2.0 1:1.0E300 2:0.1\n"),
    ):
        (tmp_path / form).write_text(content, encoding="utf-8")
    columns = {"label": [str(value) for value in label], **{f"f{at}": features[:, at] for at in range(3)}}
    pq.write_table(pa.table(columns), tmp_path / "parquet")
    for form in ("csv", "libsvm", "parquet"):
        rows = channels.read(spark, str(tmp_path / form), form, 3)
        assert channels.check(rows, 3, form) == 3
        found = [[row["label"], *row["values"]] for row in rows.collect()]
        assert np.array_equal(np.array(found), np.column_stack([label, features])), form


def test_classes_and_missing_values_are_learned(training: Training, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(300, 3))
    label = np.digitize(features.sum(axis=1), [-1, 1])
    features[::10, 1] = np.nan
    etl = write_etl(tmp_path / "etl", label, features)
    training.run(etl, {"objective": "multi:softprob", "num_class": 3, "num_round": 10, "eval_metric": "merror"})
    predicted = Booster(training.model).predict(Dense(features)).argmax(axis=1)
    assert (predicted == label).mean() > 0.9


def test_what_cannot_be_trained_is_refused_by_name(training: Training, tmp_path: Path) -> None:
    features = np.arange(60.0).reshape(20, 3)
    etl = write_etl(tmp_path / "etl", np.arange(20), features)
    base = {"num_round": 2}
    for hyperparameters, more, problem in (
        ({**base, "objective": "rank:ndcg"}, (), "objective rank:ndcg"),
        ({**base, "tree_method": "exact"}, (), "tree_method: found 'exact'"),
        ({**base, "csv_weights": 1}, (), "csv_weights"),
        ({**base, "eval_metric": "r2"}, (), "eval_metric: 'r2' is not measured on Spark"),
        ({**base, "depth": 2}, (), "'depth' is not a hyperparameter"),
        ([1], (), "must hold a JSON object"),
        (base, ("--workers", "2"), "--workers 2: Spark runs 1 tasks at once"),
        (
            {**base, "objective": "multi:softmax", "num_class": 3},
            (),
            "XGBoost refuses: SoftmaxMultiClassObj: label must be",
        ),
    ):
        with pytest.raises(TrainingError, match=problem):
            training.run(etl, hyperparameters, *more)
    (etl / "validation" / "part-0.csv").write_text("1.0,2.0\n1.0,2.0,abc,4.0\n", encoding="utf-8")
    with pytest.raises(DataError, match="validation: 2 rows are no label and 3 numbers"):
        training.run(etl, base)
    assert not (tmp_path / "trained").exists()
