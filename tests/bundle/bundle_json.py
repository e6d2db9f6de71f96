"""Bundles written out as the JSON that a version of MLeap wrote."""

from __future__ import annotations

import json
from typing import Any

Files = dict[str, bytes]


def texts(*values: str) -> dict[str, Any]:
    """A list of texts as MLeap has written it since 0.8."""
    return {"type": "list", "string": list(values)}


def ports(columns: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "port": port} for port, name in columns.items()]


def node(folder: str, op: str, attributes: Any, inputs: dict[str, str], outputs: dict[str, str]) -> Files:
    """The two files of a node; no attributes at all where they are None."""
    model = {"op": op} if attributes is None else {"op": op, "attributes": attributes}
    shape = {"inputs": ports(inputs), "outputs": ports(outputs)}
    name = folder.rpartition("/")[2].removesuffix(".node")
    return {
        f"{folder}/node.json": json.dumps({"name": name, "shape": shape}).encode(),
        f"{folder}/model.json": json.dumps(model).encode(),
    }


def bundle(*nodes: tuple[str, str, Any, dict[str, str], dict[str, str]], version: str = "0.20.0", **info: Any) -> Files:
    """A bundle of nodes (name, op, attributes, inputs, outputs) in one pipeline."""
    said = {
        "uid": "7b4eaab4-7d84-4f52-9351-5de98f9d5d04",
        "name": "case",
        "format": "json",
        "version": version,
        "timestamp": "2018-01-01T00:00:00.000",
    }
    files = {"bundle.json": json.dumps(said | info).encode()}
    files |= node("root", "pipeline", {"nodes": texts(*(one[0] for one in nodes))}, {}, {})
    for name, *parts in nodes:
        files |= node(f"root/{name}.node", *parts)
    return files


def changed(files: Files, name: str, /, **keys: Any) -> Files:
    """The files with keys of one JSON object replaced."""
    return {**files, name: json.dumps(json.loads(files[name]) | keys).encode()}
