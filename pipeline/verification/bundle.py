"""A bundle's columns as the scorer makes them, against MLeap's own runtime."""

from __future__ import annotations

import math
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.batch.tables import open_tables
from pipeline.bundle.pack import write_files
from pipeline.bundle.writer import nodes_files
from pipeline.data.csv import CsvOptions
from pipeline.errors import BundleError
from pipeline.scoring import Scorer
from pipeline.scoring.load import load_parts


@dataclass(frozen=True)
class ColumnFound:
    """One column: how many values were compared, how many are not the same to the last bit."""

    name: str
    values: int
    differences: int


@dataclass(frozen=True)
class BundleFound:
    """What a verification found: MLeap's version, the rows, and each column that the bundle makes."""

    version: str
    rows: int
    columns: list[ColumnFound]


def verify_bundle(path: Path, rows: Path, options: CsvOptions) -> BundleFound:
    """Compares every column that a bundle makes of the rows with what MLeap's runtime makes of them.

    `rows` are files as `score` takes them. NaN is NaN; else numbers are compared to the last bit. Raises BundleError
    for a bundle with nodes that the runtime does not have, RequirementError where the runtime cannot be had.
    """
    from pipeline.mleap.jars import RUNTIME
    from pipeline.mleap.runtime import Runtime

    parts = load_parts(path)
    own = [node.name for node in parts.bundle.nodes if not node.operator.in_mleap]
    if own:
        raise BundleError(f"MLeap's runtime has no operator for node {own[0]!r}", hint="see `bundle show`")
    scorer = Scorer(parts)
    totals = {name: [0, 0] for name in scorer.columns}
    count = 0
    with tempfile.TemporaryDirectory() as folder, Runtime() as runtime:
        # The bundle alone, in the form that the runtime loads.
        bundle = write_files(nodes_files(parts.bundle.name, parts.bundle.nodes), Path(folder) / "bundle.zip")
        model = runtime.load(bundle)
        for part in open_tables(rows, scorer.contract, options=options):
            theirs = model.transform(_lists(part.table), scorer.columns)
            ours = scorer.transform(part.table, scorer.columns, offset=part.offset)
            count += part.table.num_rows
            for name, total in totals.items():
                _compare(ours[name].to_pylist(), theirs[name].to_pylist(), total)
    columns = [ColumnFound(name, *total) for name, total in totals.items()]
    return BundleFound(RUNTIME.version, count, columns)


def _lists(table: pa.Table) -> pa.Table:
    """Vectors as plain lists, which is how MLeap takes them."""
    for place, kind in enumerate(table.schema):
        if pa.types.is_fixed_size_list(kind.type):
            table = table.set_column(place, kind.name, table[kind.name].cast(pa.list_(kind.type.value_type)))
    return table


def _compare(ours: Any, theirs: Any, total: list[int]) -> None:
    """Counts, in `total`, the values within two rows' values and those that differ."""
    if isinstance(ours, dict) and "indices" in ours and isinstance(theirs, list):
        places = dict(zip(ours["indices"], ours["values"], strict=True))
        ours = [places.get(at, 0.0) for at in range(ours["size"])]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            _compare(one, other, total)
        return
    total[0] += 1
    total[1] += not _same(ours, theirs)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return struct.pack("d", one) == struct.pack("d", other) or (math.isnan(one) and math.isnan(other))
    return bool(one == other)
