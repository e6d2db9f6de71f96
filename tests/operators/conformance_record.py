"""What the engines said of each stage and operator, kept for docs/conformance.md."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Record:
    """By the name of a Spark model's class, or of a bundle's operator: what each engine said in any case."""

    def __init__(self) -> None:
        self.said: dict[str, dict[str, set[str]]] = {}

    def note(self, name: str, engine: str, said: str) -> None:
        """One case's outcome: "equal", "runs", "differs: reason" and the like."""
        self.said.setdefault(name, {}).setdefault(engine, set()).add(said)

    def save(self, path: Path, spark: str) -> None:
        """Writes the record as JSON."""
        plain = {name: {engine: sorted(said) for engine, said in of.items()} for name, of in self.said.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"spark": spark, "said": plain}, indent=1, sort_keys=True)
        path.write_text(f"{text}\n", encoding="utf-8")


def merged(paths: Iterable[Path]) -> tuple[str, Record]:
    """The Spark version and the record of several workers together."""
    record, spark = Record(), ""
    for path in paths:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        spark = document["spark"]
        for name, engines in document["said"].items():
            for engine, said in engines.items():
                for one in said:
                    record.note(name, engine, one)
    return spark, record
