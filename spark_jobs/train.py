"""The training job on a cluster: the processing job's output in; a training job's model.tar.gz out.

    spark-submit --py-files py-files.zip spark_jobs/train.py --input ETL --hyperparameters FILE --output FOLDER

An alternative to SageMaker's built-in XGBoost for data that does not leave its cluster. Below the output folder or URI
it writes model.tar.gz, which holds `xgboost-model` as a training job's does, and metrics.json.

The label is the rows' first value; the train split is learned, the validation split, where there is one, evaluated.
NaN is missing, and in libsvm what is left out. The hyperparameters are SageMaker's, as JSON; nthread is
spark.task.cpus.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from typing import Any, Dict, List, Optional

if sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
    # A script's own folder comes first and would hide modules of the same name.
    del sys.path[0]

from pipeline.errors import TrainingError
from spark_jobs import channels, failing, program, requiring, storing
from spark_jobs.writing import FORMATS

_COMING_SECONDS = 60


def parser() -> argparse.ArgumentParser:
    """The job's arguments."""
    known = argparse.ArgumentParser(allow_abbrev=False, prog="train.py", description=__doc__.splitlines()[0])
    known.add_argument("--input", required=True, help="folder or URI that the processing job wrote")
    known.add_argument("--output", required=True, help="folder or URI to write below")
    known.add_argument("--hyperparameters", required=True, help="SageMaker's, a JSON object: a file or URI")
    known.add_argument("--training-format", choices=FORMATS, default="csv", help="the splits', as it was written")
    known.add_argument("--workers", type=int, default=1, help="tasks that train together; each needs a free slot")
    return known


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the job; a failure on purpose prints its message and returns 1."""
    return program.main(parser(), run, argv, packages=requiring.TRAINING)


def run(spark: Any, options: argparse.Namespace) -> Any:
    """The job on a session that is there already; returns a pipeline.training.cluster.ClusterResult."""
    from pipeline.training.cluster import check_cluster, train_on_cluster
    from pipeline.training.hyperparameters import validate
    from pipeline.training.train import check_validation

    hyperparameters = validate(read_hyperparameters(spark, options.hyperparameters))
    check_cluster(hyperparameters)
    summary = json.loads(storing.read_text(spark, f"{options.input}/summary.json"))
    validation = summary["splits"]["validation"] > 0
    check_validation(hyperparameters, validation)
    rows = splits(spark, options, summary["features"]["count"], validation)
    check_slots(spark, options.workers)
    say(f"training {hyperparameters.num_round} rounds on {options.workers} workers")
    with failing.heard():
        result = train_on_cluster(
            hyperparameters,
            rows,
            workers=options.workers,
            missing=0.0 if summary["zeros_are_missing"] else math.nan,
            validation=validation,
        )
    tell(result.evals)
    write(spark, options, result, summary)
    return result


def read_hyperparameters(spark: Any, uri: str) -> Dict[str, Any]:
    """The object of a JSON file; raises TrainingError for one that holds something else."""
    try:
        document = json.loads(storing.read_text(spark, uri))
    except ValueError as error:
        raise TrainingError(f"{uri} cannot be read as JSON: {error}") from error
    if not isinstance(document, dict):
        raise TrainingError(f"{uri} must hold a JSON object")
    return document


def check_slots(spark: Any, workers: int) -> None:
    """Refuses more workers than tasks can run at once, where executors had time to come: all train together."""
    context = spark.sparkContext
    deadline = time.monotonic() + (0 if context.master.startswith("local") else _COMING_SECONDS)
    while (slots := _slots(context._jsc.sc())) < workers and time.monotonic() < deadline:
        time.sleep(1)
    if not 0 < workers <= slots:
        raise TrainingError(f"--workers {workers}: Spark runs {slots} tasks at once", hint=f"between 1 and {slots}")


def _slots(context: Any) -> int:
    return int(context.maxNumConcurrentTasks(context.resourceProfileManager().resourceProfileFromId(0)))


def splits(spark: Any, options: argparse.Namespace, size: int, validation: bool) -> Any:
    """The rows of both splits, checked, those of the validation split flagged in `is_validation`."""
    from pyspark.sql import functions as F

    frames = []
    for name in ("train", "validation") if validation else ("train",):
        path = f"{options.input}/{name}"
        rows = channels.read(spark, path, options.training_format, size)
        say(f"{name}: {channels.check(rows, size, path):,} rows, {size} features")
        frames.append(rows.withColumn("is_validation", F.lit(name == "validation")))
    return frames[0].unionByName(frames[1]) if validation else frames[0]


def tell(evals: Dict[str, Dict[str, List[float]]]) -> None:
    """Prints each round's metrics as SageMaker's logs have them."""
    rounds = max((len(scores) for log in evals.values() for scores in log.values()), default=0)
    for at in range(rounds):
        parts = [f"{channel}-{name}:{scores[at]:.5f}" for channel, log in evals.items() for name, scores in log.items()]
        sys.stdout.write("\t".join([f"[{at}]", *parts]) + "\n")
    sys.stdout.flush()


def write(spark: Any, options: argparse.Namespace, result: Any, summary: Dict[str, Any]) -> None:
    """Writes metrics.json, then the model, which stands for the job's success."""
    metrics = {
        "rounds": result.rounds,
        "best_iteration": result.best_iteration,
        "evals": result.evals,
        "zeros_are_missing": summary["zeros_are_missing"],
        "num_feature": summary["features"]["count"],
    }
    storing.write_text(spark, f"{options.output}/metrics.json", json.dumps(metrics, indent=2) + "\n")
    storing.write_archive(spark, f"{options.output}/model.tar.gz", {"xgboost-model": result.model})
    say(f"wrote {options.output}/model.tar.gz")


def say(text: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"train: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__" and main():
    sys.exit(1)
