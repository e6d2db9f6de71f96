"""The data's columns: what the contract says of each beside what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def columns(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Contract and profile joined by name, in the contract's order; a column only profiled comes last."""
    contract = {column["name"]: column for column in (run.get("schema") or {}).get("columns") or []}
    profile = {column["name"]: column for column in (run.get("profile") or {}).get("columns") or []}
    return [{**profile.get(name, {}), **contract.get(name, {})} for name in contract | profile]
