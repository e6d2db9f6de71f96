"""What stages of several kinds share: one column or several, each by itself; the Spark that they come from."""

from __future__ import annotations

from typing import Any, Iterable, List, Tuple

from pipeline.errors import UnsupportedStageError
from pipeline.operators.base import Node, Operator, Shape


def column_pairs(stage: Any) -> List[Tuple[str, str]]:
    """What a stage reads and writes, by `inputCols` and `outputCols` or by `inputCol` and `outputCol`.

    Raises UnsupportedStageError where it has neither.
    """
    if stage.isSet("inputCols"):
        return list(zip(stage.getInputCols(), stage.getOutputCols()))
    if stage.isSet("inputCol"):
        return [(stage.getInputCol(), stage.getOutputCol())]
    raise UnsupportedStageError(f"stage {stage.uid!r} has neither inputCol nor inputCols")


def node_a_column(stage: Any, operators: Iterable[Operator]) -> List[Node]:
    """A node for each pair of columns, with an operator each; the stage's uid is in the names."""
    pairs = column_pairs(stage)
    names = [stage.uid] if len(pairs) == 1 else [f"{stage.uid}_{place}" for place in range(len(pairs))]
    return [
        Node(name, operator, Shape({"input": source}, {"output": target}))
        for name, operator, (source, target) in zip(names, operators, pairs)
    ]


def jvm_object(stage: Any, what: str) -> Any:
    """The JVM's own object behind a stage, for `what` Python does not tell.

    Raises UnsupportedStageError where no JVM is in reach: what Spark Connect has in its place only names an object.
    """
    found = getattr(stage, "_java_obj", None)
    if not type(found).__module__.startswith("py4j"):
        raise UnsupportedStageError(
            f"stage {stage.uid!r}: {what} can be read in the driver's own JVM alone",
            hint="write the bundle in a classic Spark session, not over Spark Connect",
        )
    return found


def spark_version() -> Tuple[int, int]:
    """The session's Spark, such as (4, 1)."""
    from pyspark import __version__ as version

    major, minor = version.split(".")[:2]
    return int(major), int(minor)
