"""The processing job on small files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from spark_jobs import preprocess

COLUMNS = [
    {"name": "kind", "type": "string"},
    {"name": "size", "type": "double"},
    {"name": "count", "type": "int", "nullable": True},
    {"name": "new", "type": "boolean"},
    {"name": "price", "type": "double", "label": True},
]


class Job:
    """Writes the contract and the rows, runs the job, reads what it wrote."""

    def __init__(self, spark: Any, folder: Path) -> None:
        self.spark = spark
        self.folder = folder
        self.output = folder / "out"
        self.schema({"columns": COLUMNS})

    def schema(self, document: dict[str, Any]) -> None:
        (self.folder / "schema.json").write_text(json.dumps(document), encoding="utf-8")

    def input(self, content: str | bytes, name: str = "rows.csv") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, path: Path, *arguments: str) -> dict[str, Any]:
        base = ["--input", str(path), "--schema", str(self.folder / "schema.json"), "--output", str(self.output)]
        preprocess.run(self.spark, preprocess.parser().parse_args([*base, *arguments]))
        return json.loads((self.output / "summary.json").read_text(encoding="utf-8"))

    def lines(self, split: str) -> list[str]:
        files = sorted((self.output / split).glob("part-*"))
        return [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def rows(count: int) -> list[str]:
    """Rows of the small contract, nulls and non-ASCII text among them."""
    kinds = ("small", "größe", '"a,b"', "日本", '"say ""hi"""')
    counts = ["" if at % 7 == 0 else str(at - 3) for at in range(count)]
    news = ("FALSE", "true", "true")
    return [f"{kinds[at % 5]},{at * 0.37:.4g},{counts[at]},{news[at % 3]},{at % 11 + at / 8}" for at in range(count)]
