"""docs/conformance.md from what the operators' suite found.

python -m tests.operators.conformance_table build/spark3.json build/spark4.json docs/conformance.md
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pipeline.operators.registry import OPERATORS

_HEAD = """# Conformance

What the operators' suite found (`make conformance` writes this page; do not edit it). The scorer is compared with
Spark's own `transform` on every case of `tests/operators/`: "equal" is to the last bit, "within 1e-12" relative.

| operator | Spark stages | on Spark {first} | on Spark {second} | MLeap 0.20.0 on our bundle | MLeap's serialiser |
|---|---|---|---|---|---|
"""
_MISSING = "not tried"


def table(first: dict[str, Any], second: dict[str, Any]) -> str:
    """The page, from the records of two Spark versions."""
    lines = [_HEAD.format(first=first["spark"], second=second["spark"])]
    for _, _, op, stages in sorted(OPERATORS, key=lambda line: line[2]):
        one, other = first["operators"].get(op, {}), second["operators"].get(op, {})
        cells = [
            f"`{op}`",
            ", ".join(stage.removesuffix("Model") for stage in stages) or "read only",
            one.get("scorer", _MISSING),
            other.get("scorer", _MISSING),
            one.get("runtime", _MISSING),
            one.get("serializer", "-"),
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return "".join(lines)


def main(first: str, second: str, target: str) -> None:
    """Reads the two records and writes the page."""
    records = [json.loads(Path(name).read_text(encoding="utf-8")) for name in (first, second)]
    Path(target).write_text(table(*records), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:4])
