"""Ratings: the recommender's Spark job and factorization machines on made-up ratings, beside pyspark's FMRegressor.

    python -m benchmarks.ratings [--ratings 2000000] [--items 160000] [--peer-share 1.0] [--output results.json]

Seconds and peak memory are of whole processes; Spark's is its JVM. FMRegressor trains on a share of the records that
ours trained on, the first ones, and is measured on the same test records.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import ROOT, save
from pipeline.config import load_config
from pipeline.evaluation.recommender import read_split
from pipeline.factorization import FILE
from pipeline.factorization.fit import evaluate
from pipeline.factorization.model import FactorizationMachine
from pipeline.packaging.py_files import write_py_files
from pipeline.plan.job_arguments import hyperparameters, job_arguments
from pipeline.recordio import CONTENT_TYPE, Rows
from pipeline.spark.environment import settings, spark_environment, spark_home

EXAMPLE = ROOT / "examples" / "recommender"
# Of these many rows an epoch has batches that are worth their cost.
_BATCH, _ITERATIONS = 1000, 100


@dataclass(frozen=True)
class Spent:
    """What a process took: wall seconds, and megabytes at most."""

    seconds: float
    megabytes: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--ratings", type=int, default=2_000_000)
    arguments.add_argument("--items", type=int, default=160_000)
    arguments.add_argument("--peer-share", type=float, default=1.0)
    arguments.add_argument("--output", type=Path)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, spent, rmse = Path(name), {}, {}
        source = folder / "ratings.csv"
        made = ["--ratings", str(options.ratings), "--items", str(options.items)]
        spent["generator"], _ = run(folder, [sys.executable, str(EXAMPLE / "sample.py"), str(source), *made])
        spent["ratings job"] = etl(folder, source)
        summary = json.loads((folder / "etl" / "summary.json").read_text(encoding="utf-8"))
        rows = {split: read_split(folder / "etl" / split) for split in ("train", "test")}
        spent["training"], machine = train(folder, summary["feature_dim"])
        rmse["mean"] = float(np.sqrt(((rows["test"].labels - summary["mean"]) ** 2).mean()))
        rmse["training"] = evaluate(machine, rows["test"])["rmse"]
        count = round(len(rows["train"]) * options.peer_share)
        spent["FMRegressor"], rmse["FMRegressor"] = peer(folder, rows, count, machine)
    for step, took in spent.items():
        print(f"{step:>12}: {took.seconds:8.1f} s {took.megabytes:8.0f} MB")
    for what, value in rmse.items():
        print(f"{what:>12}: rmse {value:.3f}")
    results = {
        "ratings": summary["ratings"],
        "splits": summary["splits"],
        "peer_rows": count,
        "spent": {step: asdict(took) for step, took in spent.items()},
        "rmse": rmse,
    }
    save("ratings", results, options.output)


def etl(folder: Path, source: Path) -> Spent:
    """The example's Spark job, on all cores; its size of a row is left to the data."""
    config = load_config(EXAMPLE / "pipeline.yml")
    given = {name: value for name, value in config.training.hyperparameters.items() if name != "feature_dim"}
    config = config.model_copy(update={"training": config.training.model_copy(update={"hyperparameters": given})})
    told = job_arguments(config, source=str(source), schema=config.data.schema_file, output=str(folder / "etl"))
    zipped = write_py_files(folder / "py-files.zip", EXAMPLE)
    words = ["--py-files", str(zipped), str(ROOT / "spark_jobs" / "ratings.py"), *told]
    return submit(folder, source.stat().st_size, words)[0]


def train(folder: Path, size: int) -> tuple[Spent, FactorizationMachine]:
    """The training program in SageMaker's folders, with the example's hyperparameters."""
    base = folder / "training"
    given = hyperparameters(load_config(EXAMPLE / "pipeline.yml"))
    given |= {"feature_dim": str(size), "mini_batch_size": str(_BATCH)}
    channels = {name: {"ContentType": CONTENT_TYPE} for name in ("train", "test")}
    (base / "input" / "config").mkdir(parents=True)
    for name, document in {"hyperparameters": given, "inputdataconfig": channels}.items():
        (base / "input" / "config" / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    (base / "input" / "data").mkdir()
    for channel, split in {"train": "train", "test": "validation"}.items():
        (base / "input" / "data" / channel).symlink_to(folder / "etl" / split)
    command = [sys.executable, "-m", "pipeline.factorization", "--base-dir", str(base)]
    spent, _ = run(folder, command)
    return spent, FactorizationMachine.from_bytes((base / "model" / FILE).read_bytes())


def peer(folder: Path, rows: dict[str, Rows], count: int, machine: FactorizationMachine) -> tuple[Spent, float]:
    """pyspark's FMRegressor on `count` of the records, and its RMSE on all test records."""
    for split, most in {"train": count, "test": len(rows["test"])}.items():
        write_libsvm(folder / f"{split}.libsvm", rows[split], most)
    size, factors = machine.factors.shape
    words = [str(Path(__file__).with_name("spark_factorization.py")), str(folder / "train.libsvm")]
    words += [str(folder / "test.libsvm"), str(size), str(factors), str(_ITERATIONS)]
    spent, said = submit(folder, (folder / "train.libsvm").stat().st_size, words)
    return spent, float(said.split()[-1])


def write_libsvm(path: Path, rows: Rows, count: int) -> None:
    """The first `count` one-hot rows, whose indices libsvm counts from 1."""
    assert rows.labels is not None
    pairs = rows.keys.reshape(-1, 2)[:count] + 1
    with path.open("w", encoding="utf-8") as stream:
        for label, (customer, item) in zip(rows.labels.tolist(), pairs.tolist(), strict=False):
            stream.write(f"{label} {customer}:1 {item}:1\n")


def submit(folder: Path, size: int, words: list[str]) -> tuple[Spent, str]:
    """A spark-submit on all cores, with the settings of the local service's jobs."""
    command = [str(spark_home() / "bin" / "spark-submit"), "--master", "local[*]"]
    for name, value in settings(folder, cores=os.cpu_count() or 1, size=size).items():
        command += ["--conf", f"{name}={value}"]
    return run(folder, [*command, *words], spark_environment(folder))


def run(folder: Path, command: list[str], environment: Any = None) -> tuple[Spent, str]:
    """What a process took, with those that it waited for, and what it said; ends this one where it fails."""
    said, errors = folder / "stdout", folder / "stderr"
    started = time.perf_counter()
    with said.open("w") as out, errors.open("w") as err:
        process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(errors.read_text(encoding="utf-8")[-4000:])
    return Spent(time.perf_counter() - started, usage.ru_maxrss / 1024), said.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
