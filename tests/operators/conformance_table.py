"""docs/conformance.md from what the operators' suite found.

python tests/operators/conformance_table.py build/conformance/3 build/conformance/4 docs/conformance.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from conformance_record import Record, merged

from pipeline.operators.registry import OPERATORS

_HEAD = """# Conformance

What the operators' suite found; `make conformance` writes this page, it is never edited by hand. Every case of
`tests/operators/` goes through Spark's own `transform`, the scorer on our bundle, MLeap's runtime 0.20.0 on our
bundle, and the scorer on the bundle of MLeap's serialiser 0.16.0. "equal" is to the last bit, "within 1e-12" relative.
"not always" is explained below. Fitted models stand under their own names: a `Bucketizer` is also what
`QuantileDiscretizer` fits.

The same suite was run by hand on Spark 3.4.4, 4.0.1 and 4.1.0, on 2026-11-22: every stage as on {first}, but that
`IndexToString` refuses null and NaN from 4.1 on, as on {second}. MLeap's serialiser runs on Spark 3.5 alone. Over Spark
Connect (4.1.0) stages whose parameters Python tells are written, trees, LDA, BisectingKMeans and SQLTransformer are
refused by name.

| Spark stage | operator | on Spark {first} | on Spark {second} | MLeap 0.20.0 on our bundle | MLeap's serialiser |
|---|---|---|---|---|---|
"""
_EXTRAS = """
## MLeap's own operators

They stand behind no Spark stage, and are read; the scorer says what MLeap's runtime says.

| operator | MLeap 0.20.0 |
|---|---|
"""
_WHY = """
## Where MLeap differs

Each is a test that turns red when MLeap agrees.

"""
# Models that are made of others.
_COMPOSED = ("PipelineModel", "CrossValidatorModel", "TrainValidationSplitModel")
_MISSING = "not tried"
# What comes first where there is more to say.
_ORDER = ("runs", "equal", "our own operator", "cannot write it", "cannot write several columns")
_ENGINES = {"runtime": "MLeap's runtime", "serializer": "MLeap's serialiser"}


def table(first: tuple[str, Record], second: tuple[str, Record]) -> str:
    """The page, from the records of two Spark versions."""
    lines, reasons = [_HEAD.format(first=first[0], second=second[0])], []
    stages = [(stage, op) for _, _, op, stages in OPERATORS for stage in stages]
    for stage, op in sorted([*stages, *((one, "its stages'") for one in _COMPOSED)]):
        spark = [_cell(_said(record, "scorer", stage)) for _, record in (first, second)]
        mleap = {
            "runtime": _said(first[1], "runtime", stage, op),
            "serializer": _said(first[1], "serializer", stage),
        }
        named = op if stage in _COMPOSED else f"`{op}`"
        lines.append(_row(stage.removesuffix("Model") or stage, named, *spark, *map(_cell, mleap.values())))
        reasons += [_why(stage, _ENGINES[engine], said) for engine, said in mleap.items()]
    lines.append(_EXTRAS)
    extras = [op for _, _, op, stages in OPERATORS if not stages]
    lines += [
        _row(f"`{op}`", _cell(_said(first[1], "runtime", op) or _said(first[1], "serializer", op)))
        for op in sorted(extras)
    ]
    return "".join([*lines, _WHY, *reasons])


def _said(record: Record, engine: str, *names: str) -> set[str]:
    return set().union(*(record.said.get(name, {}).get(engine, set()) for name in names))


def _cell(said: set[str]) -> str:
    plain = sorted(one for one in said if not one.startswith("differs: "))
    if not plain:
        return "differs" if said else _MISSING
    if any(one.startswith("within") for one in plain):
        plain = [one for one in plain if one != "equal"]
    main = "; ".join(sorted(plain, key=lambda one: _ORDER.index(one) if one in _ORDER else 0))
    return f"{main}; not always" if any(one.startswith("differs: ") for one in said) else main


def _why(stage: str, engine: str, said: set[str]) -> str:
    found = sorted(one.removeprefix("differs: ") for one in said if one.startswith("differs: "))
    return f"- {stage}, {engine}: {'; '.join(found)}\n" if found else ""


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def main(first: str, second: str, target: str) -> None:
    """Reads the two folders of records and writes the page."""
    records = [merged(sorted(Path(name).glob("*.json"))) for name in (first, second)]
    Path(target).write_text(table(*records), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:4])
