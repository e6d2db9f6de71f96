"""The command that makes the run again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any


def command(run: Mapping[str, Any]) -> str:
    """The command the run recorded; else the run's general form, with its input."""
    if run.get("command"):
        return str(run["command"])
    words = ["inference-pipeline", "run", "pipeline.yml"]
    source = run.get("input") or {}
    if source.get("source") and source.get("kind") not in ("sample", "synthetic"):
        words += ["--input", str(source["source"])]
    return shlex.join(words)
