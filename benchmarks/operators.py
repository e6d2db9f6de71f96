"""Every operator: 1 row and 100,000 rows, ours against MLeap's JVM runtime and Spark; and how long bundles load.

    python -m benchmarks.operators [--rows 100000] [--rounds 5] [--only StringIndexer ...]

Bulk is a table in, the made columns out; one row is parsed values in, values out. MLeap is timed inside its JVM. In
each turn an engine works twice and the second time counts: the first one finds memory and caches as the others left
them.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.common import save
from benchmarks.operator_cases import CASES, rows, spark_frame, stage
from pipeline.bundle import write_bundle
from pipeline.bundle.reader import read_bundle
from pipeline.errors import PipelineError
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.arrow import from_arrow
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.plan import run
from pipeline.scoring.scorer import Scorer

_FITTED_ON = 5000
# One row is too quick for a clock: so many at a time.
_TIMES, _JVM_TIMES = 300, 20_000
_TYPES = {"double": "double", "int32": "int", "string": "string"}


def contract(table: pa.Table) -> Schema:
    """The contract of the benchmark's rows."""
    return Schema(tuple(_column(field) for field in table.schema))


def _column(field: pa.Field) -> Column:
    if pa.types.is_fixed_size_list(field.type):
        return Column(field.name, "double", struct="vector", size=field.type.list_size)
    if pa.types.is_list(field.type):
        return Column(field.name, "string", struct="array")
    return Column(field.name, _TYPES[str(field.type)])


def seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def second(call: Callable[[], float]) -> float:
    """What a call says the second time."""
    call()
    return call()


class Case:
    """One fitted stage in every engine."""

    def __init__(self, name: str, frame: Any, table: pa.Table, mleap: Any, folder: Path) -> None:
        self._model = stage(name)
        if hasattr(self._model, "fit"):
            self._model = self._model.fit(frame.limit(_FITTED_ON))
        self._frame, self._mleap = frame, mleap
        path = write_bundle(self._model, folder / f"{name}.zip", frame)
        self._scorer = Scorer(Parts(read_bundle(path), contract(table), None, Manifest()))
        plan = self._scorer._plan
        self._table = table.select(list(plan.inputs))
        self._made = list(plan.outputs)
        self._steps = plan.needed(self._made)
        one = self._table.slice(0, 1)
        self._one = {name: from_arrow(one[name].combine_chunks(), name) for name in one.column_names}
        self._jvm = self._load(path)

    def _load(self, path: Path) -> Any:
        """MLeap's transformer, the rows and one row as its frames; None where it does not have the operator."""
        if not all(node.operator.in_mleap for node in self._scorer.bundle.nodes):
            return None
        model = self._mleap.load(str(path))
        return model, self._mleap.frame(self._table), self._mleap.frame(self._table.slice(0, 1))

    def round(self) -> dict[str, float]:
        """Seconds of each engine: the rows, and one row."""
        found = {"native": second(lambda: seconds(lambda: self._scorer.transform(self._table, self._made)))}
        if self._jvm:
            model, frame, _ = self._jvm
            found["mleap"] = second(lambda: self._mleap.seconds(model, frame, 1))
        written = self._model.transform(self._frame).write.format("noop").mode("overwrite")
        found["spark"] = second(lambda: seconds(written.save))
        found["native_one"] = seconds(lambda: [run(self._steps, self._one) for _ in range(_TIMES)]) / _TIMES
        if self._jvm:
            model, _, one = self._jvm
            found["mleap_one"] = self._mleap.seconds(model, one, _JVM_TIMES) / _JVM_TIMES
        return found


def timed(case: Case, rounds: int) -> dict[str, float]:
    """The medians of so many rounds, after one that warms."""
    case.round()
    figures = [case.round() for _ in range(rounds)]
    return {engine: statistics.median(one[engine] for one in figures) for engine in figures[0]}


def loading(spark: Any, frame: Any, folder: Path, rounds: int) -> dict[str, float]:
    """Seconds to load a forest of 100 trees, and a vocabulary of 100,000 words."""
    from pyspark.ml.classification import RandomForestClassifier
    from pyspark.ml.feature import CountVectorizerModel

    forest = RandomForestClassifier(featuresCol="v", numTrees=100, maxDepth=8, seed=1).fit(frame.limit(_FITTED_ON))
    words = CountVectorizerModel.from_vocabulary([f"word {at}" for at in range(100_000)], "tokens", "made")
    found = {}
    for name, model in {"forest of 100 trees": forest, "vocabulary of 100,000 words": words}.items():
        path = write_bundle(model, folder / f"{name}.zip", frame)
        found[name] = statistics.median(seconds(lambda p=path: Scorer.load(p)) for _ in range(rounds))
    return found


def shown(name: str, found: dict[str, float]) -> str:
    """A line of an operator's figures."""
    said = [f"{name:32} {found['native'] * 1e3:9.1f} ms"]
    if "mleap" in found:
        said.append(f"MLeap {found['mleap'] * 1e3:9.1f} ms ({found['mleap'] / found['native']:6.1f} x)")
    said.append(f"Spark {found['spark'] * 1e3:8.1f} ms   one row {found['native_one'] * 1e6:7.1f} us")
    if "mleap" in found:
        said.append(f"MLeap {found['mleap_one'] * 1e6:7.1f} us")
    return "   ".join(said)


def summary(results: dict[str, dict[str, float]]) -> str:
    """How much faster than MLeap, all operators together."""
    ratios = [one["mleap"] / one["native"] for one in results.values() if "mleap" in one] or [float("nan")]
    middle, least = statistics.median(ratios), min(ratios)
    return f"bulk against MLeap: median {middle:.1f} x (goal: 5), least {least:.1f} x (goal: 1)"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--only", nargs="+", choices=sorted(CASES), default=list(CASES))
    arguments.add_argument("--output", type=Path)
    options = arguments.parse_args()
    from benchmarks.jvm_loop import MLeap
    from benchmarks.spark_session import spark_session

    results = {}
    with tempfile.TemporaryDirectory() as name, spark_session() as spark:
        folder, mleap = Path(name), MLeap()
        table = rows(options.rows)
        frame = spark_frame(spark, table, folder)
        for one in options.only:
            try:
                results[one] = timed(Case(one, frame, table, mleap, folder), options.rounds)
            except PipelineError as error:
                raise SystemExit(f"{one}: {error}") from error
            print(shown(one, results[one]), flush=True)
        loads = loading(spark, frame, folder, options.rounds)
    print(summary(results))
    for what, took in loads.items():
        print(f"load {what}: {took:.2f} s (goal: 0.3)")
    save("operators", {"rows": options.rows, "seconds": results, "load_seconds": loads}, options.output)


if __name__ == "__main__":
    main()
