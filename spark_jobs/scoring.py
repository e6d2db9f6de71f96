"""What the executors do: each partition through the scorer of pipeline.batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Iterator

from spark_jobs import failing

OnBatches = Callable[[Iterator[Any]], Iterator[Any]]


def scorer_of(work: Any, rows: Any) -> OnBatches:
    """What mapInArrow runs: `work` is a pipeline.batch.partition.Work, `rows` an accumulator of rows done."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        with failing.told(_partition()):
            from pipeline.batch.partition import scored

            for batch, count in scored(batches, _here(work)):
                rows.add(count)
                yield batch

    return run


def prober_of(work: Any) -> OnBatches:
    """What mapInArrow runs to learn the output's columns from the first rows that come."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        with failing.told(_partition()):
            from pipeline.batch.partition import output_schema

            yield from output_schema(batches, _here(work))

    return run


def _partition() -> int:
    from pyspark import TaskContext

    return int(TaskContext.get().partitionId())


def _here(work: Any) -> Any:
    """The work with the model's path in this executor."""
    from pyspark import SparkFiles

    return replace(work, model=SparkFiles.get(work.model))
