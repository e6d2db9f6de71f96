"""Models of locality-sensitive hashing through every engine: MLeap's runtime hands the lists of vectors back flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance import Conformance, assert_same, plain, table_of

from pipeline.bundle import write_bundle


def check(engines: Conformance, model: Any, frame: Any) -> None:
    """As Conformance.check for a model that writes column `h`."""
    scorer = replace(engines, runtime=None).check(model, frame)
    operator = scorer.bundle.nodes[0].operator
    if engines.runtime is None or not operator.in_mleap:
        return
    bundle = write_bundle(model, engines.folder / f"{model.uid}.zip", frame)
    made = engines.runtime.load(bundle).transform(table_of(frame, lists=True), ["h"])["h"].to_pylist()
    bundle.unlink()
    expected = [[one for vector in plain(row["h"]) for one in vector] for row in model.transform(frame).collect()]
    assert_same(expected, made, 0.0, "MLeap's runtime")
    engines.record.note(type(model).__name__, "runtime", "runs")


def dense_frame(spark: Any, rows: Sequence[Sequence[float]]) -> Any:
    """One dense vector a row, in column `v`, with its size in the metadata as an assembler writes it."""
    from pyspark.ml.linalg import Vectors
    from pyspark.sql.functions import col

    frame = spark.createDataFrame([(Vectors.dense(row),) for row in rows], ["v"])
    return frame.select(col("v").alias("v", metadata={"ml_attr": {"num_attrs": len(rows[0])}}))
