"""The splits: by a hash of each row's text and the seed, whatever the partitions, the order or the machines.

The same row always falls into the same split, so that no row is both learned and tested.
"""

from __future__ import annotations

from typing import Any, Dict, Tuple

from pipeline.errors import ConfigError, DataError
from spark_jobs.reading import LINE

SPLIT = "__split"
NAMES = ("train", "validation", "test")
_GRAIN = 1 << 40

Weights = Tuple[float, float, float]


def parse_weights(text: str) -> Weights:
    """Three weights that add up to one, from `0.8,0.1,0.1`."""
    try:
        weights = tuple(float(part) for part in text.split(","))
    except ValueError:
        weights = ()
    if len(weights) != 3 or min(weights) < 0 or abs(sum(weights) - 1) > 1e-9 or weights[0] == 0:
        raise ConfigError(f"--split {text!r}", hint="three weights for train, validation and test that add up to 1")
    return weights[0], weights[1], weights[2]


def with_split(rows: Any, weights: Weights, seed: int) -> Any:
    """The rows with the place of their split in NAMES."""
    from pyspark.sql import functions as F

    place = F.pmod(F.xxhash64(F.lit(seed), F.col(LINE)), F.lit(_GRAIN))
    train, validation, _ = weights
    split = (
        F.when(place < int(train * _GRAIN), 0)
        .when(place < int((train + validation) * _GRAIN), 1)
        .otherwise(2 if weights[2] else 1 if validation else 0)
    )
    return rows.withColumn(SPLIT, split.cast("tinyint"))


def take(rows: Any, name: str) -> Any:
    """The rows of one split."""
    from pyspark.sql import functions as F

    return rows.where(F.col(SPLIT) == NAMES.index(name))


def counts(rows: Any, weights: Weights) -> Dict[str, int]:
    """The rows of each split; raises DataError where one that has a weight is empty."""
    found = {NAMES[row[SPLIT]]: row["count"] for row in rows.groupBy(SPLIT).count().collect()}
    for name, weight in zip(NAMES, weights):
        if weight and not found.get(name):
            total = sum(found.values())
            raise DataError(
                f"the {name} split is empty: {weight:g} of {total} rows",
                hint="more rows, or other weights in data.split",
            )
    return {name: found.get(name, 0) for name in NAMES}
