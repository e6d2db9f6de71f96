"""Scaling: rows a second and core of the scorer on one machine and of batch_score on 1 and 2 executors; ETL on both.

    python -m benchmarks.scaling [--rows 1000000] [--rounds 1] [--output results.json]

An executor is a process of its own with one core, on a local cluster of Spark's. A scoring job's seconds are those that
it says itself, without Spark's start; its rate is of what comes on top of a job of few rows. The ETL's are of the whole
process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from benchmarks.common import ROOT, abalone_model, abalone_rows, save
from pipeline.batch.score import score
from pipeline.config import load_config
from pipeline.packaging.py_files import CLUSTER_SIDE, write_py_files
from pipeline.plan.job_arguments import job_arguments
from pipeline.schema import load_schema
from pipeline.spark.environment import spark_environment, spark_home

EXAMPLE = ROOT / "examples" / "abalone"
SCHEMA = ROOT / "schemas" / "abalone.json"
# As good as none: what such a job takes is its start.
FEW = 100
EXECUTORS = (1, 2)
FORMS = ("csv", "parquet")
# A cluster's worker leaves its executors' folders in Spark's home: it gets one of its own.
_SPARK_PARTS = ("bin", "jars", "python", "sbin")

Seconds = dict[str, list[float]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--output", type=Path)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), options.rows)
        seconds: Seconds = {}
        for turn in range(options.rounds):
            for case, call in bench.cases(turn).items():
                seconds.setdefault(case, []).append(call())
                print(f"{case:>36}: {seconds[case][-1]:6.1f} s", flush=True)
    median = {case: statistics.median(values) for case, values in seconds.items()}
    found = rates(median, options.rows)
    for case, rate in found.items():
        print(f"{case:>36}: {rate:>10,.0f} rows/s")
    save("scaling", {"rows": options.rows, "seconds": seconds, "rows_per_second": found}, options.output)


class Bench:
    """The model, the rows and the programs, in a folder."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        lines = abalone_rows(None)
        self.model, _, _ = abalone_model(lines, folder)
        for rows in (FEW, count):
            self._write(lines, rows)
        self.count = count
        self.zipped = write_py_files(folder / "py-files.zip", EXAMPLE, more=CLUSTER_SIDE)
        self.home = folder / "spark"
        self.home.mkdir()
        for part in _SPARK_PARTS:
            (self.home / part).symlink_to(spark_home() / part)

    def cases(self, turn: int) -> dict[str, Callable[[], float]]:
        """Every measured call by its name."""
        made: dict[str, Callable[[], float]] = {}
        for form in FORMS:
            made[f"scorer, 1 thread, {form}"] = lambda form=form: self._one_core(form, turn)
        for executors in EXECUTORS:
            for form, rows in ((form, rows) for form in FORMS for rows in (FEW, self.count)):
                made[job("score", form, executors, rows)] = lambda form=form, rows=rows, executors=executors: (
                    self._batch_score(form, rows, executors, turn)
                )
        for executors in EXECUTORS:
            made[job("etl", "csv", executors, self.count)] = lambda executors=executors: self._etl(executors, turn)
        return made

    def _write(self, lines: list[str], count: int) -> None:
        """Rows without and with their label: features alone to score, as CSV and Parquet, and all for the ETL."""
        content = "".join(f"{lines[at % len(lines)]}\n" for at in range(count))
        self._rows("csv", count).write_text(content, encoding="utf-8")
        names = [column.name for column in load_schema(SCHEMA).features]
        table = pc.read_csv(self._rows("csv", count), read_options=pc.ReadOptions(column_names=names))
        pq.write_table(table, self._rows("parquet", count))
        random = np.random.default_rng(1)
        sizes = table["length"].to_numpy() + random.uniform(0, 1e-3, count)
        rings = pa.array(random.integers(1, 29, count).astype(np.float64))
        labelled = table.set_column(1, "length", pa.array(sizes)).append_column("rings", rings)
        pc.write_csv(labelled, self._rows("labelled", count), pc.WriteOptions(include_header=False))

    def _rows(self, form: str, count: int) -> Path:
        return self.folder / f"{count}.{form}"

    def _one_core(self, form: str, turn: int) -> float:
        """`inference-pipeline score` with one thread, into Parquet."""
        pa.set_cpu_count(1)
        output = self.folder / f"one-{form}-{turn}.parquet"
        return score(self.model, self._rows(form, self.count), output, threads=1).seconds

    def _batch_score(self, form: str, rows: int, executors: int, turn: int) -> float:
        output = self.folder / f"scored-{form}-{rows}-{executors}-{turn}"
        arguments = ["--model", str(self.model), "--input", str(self._rows(form, rows)), "--output", str(output)]
        said = self._submit("batch_score.py", [*arguments, "--input-format", form], executors)
        return float(said.rpartition(" rows in ")[2].partition(" s")[0])

    def _etl(self, executors: int, turn: int) -> float:
        output = str(self.folder / f"etl-{executors}-{turn}")
        source = str(self._rows("labelled", self.count))
        config = load_config(EXAMPLE / "pipeline.yml")
        arguments = job_arguments(config, source=source, schema=str(SCHEMA), output=output)
        started = time.perf_counter()
        self._submit("preprocess.py", arguments, executors)
        return time.perf_counter() - started

    def _submit(self, program: str, arguments: list[str], executors: int) -> str:
        """One spark-submit on so many executors; returns what it said."""
        environment = {**os.environ, **spark_environment(self.folder), "SPARK_HOME": str(self.home)}
        command = [str(self.home / "bin" / "spark-submit"), "--master", f"local-cluster[{executors},1,2048]"]
        command += ["--conf", "spark.executor.memory=2g", "--conf", "spark.ui.enabled=false"]
        command += ["--conf", f"spark.sql.shuffle.partitions={2 * executors}", "--py-files", str(self.zipped)]
        command += [str(ROOT / "spark_jobs" / program), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr[-4000:])
        # Spark sends a program's stderr there.
        return done.stdout


def job(kind: str, form: str, executors: int, rows: int) -> str:
    """The name of a case."""
    return f"{kind}, {executors} executors, {form}, {rows}"


def rates(median: dict[str, float], count: int) -> dict[str, float]:
    """Rows a second: of a scoring job past its start, of the others from beginning to end."""
    found = {case: count / seconds for case, seconds in median.items() if case.startswith(("scorer", "etl"))}
    for executors in EXECUTORS:
        for form in FORMS:
            case, start = (job("score", form, executors, rows) for rows in (count, FEW))
            found[case] = (count - FEW) / (median[case] - median[start])
    return found


if __name__ == "__main__":
    main()
