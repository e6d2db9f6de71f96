"""Bundle.ML read: the JSON of any MLeap version becomes nodes in the order they run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Tuple, Union

from pipeline.bundle.archive import Files, read_files
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, Node, Operator, Shape
from pipeline.operators.registry import operator_of
from pipeline.operators.values import decode

# Deeper nesting is no pipeline but an attack on the stack.
MAX_DEPTH = 64


@dataclass(frozen=True)
class Bundle:
    """A bundle in memory: what it says of itself, and its nodes, nested pipelines laid flat."""

    uid: str
    name: str
    version: str
    nodes: List[Node]


def read_bundle(path: Union[str, Path, Files]) -> Bundle:
    """Reads a bundle from a zip, a tar.gz, a folder or its files; raises BundleError naming the place.

    Operators that are not known are an UnknownOperatorError. Nothing is executed or unpacked.
    """
    files = path if isinstance(path, dict) else read_files(path)
    if "bundle.json" not in files:
        raise BundleError(
            "no bundle.json at the top: this is not an MLeap bundle",
            hint="a bundle holds bundle.json and root/ at its top",
        )
    info = _object(files, "bundle.json")
    if info.get("format") != "json":
        raise BundleError(f"bundle.json: format {info.get('format')!r}; only json is read", hint="write it as json")
    return Bundle(
        uid=str(info.get("uid", "")),
        name=str(info.get("name", "")),
        version=str(info.get("version", "")),
        nodes=_nodes(files, "root", 0),
    )


def _nodes(files: Files, folder: str, depth: int) -> List[Node]:
    if depth > MAX_DEPTH:
        raise BundleError(f"{folder}: pipelines nest deeper than {MAX_DEPTH}")
    node = _object(files, f"{folder}/node.json")
    model = _object(files, f"{folder}/model.json")
    op, attributes = model.get("op"), model.get("attributes") or {}
    if not isinstance(op, str) or not isinstance(attributes, dict):
        raise BundleError(f"{folder}/model.json: op and attributes are expected")
    values = {name: decode(value, f"{folder}/model.json, {name}") for name, value in attributes.items()}
    if op == "pipeline":
        names = Attributes(values, f"{folder}/model.json").need_list("nodes", str)
        _check_names(names, folder)
        return [inner for name in names for inner in _nodes(files, f"{folder}/{name}.node", depth + 1)]
    kind = operator_of(op, folder)
    operator = kind.from_attributes(Attributes(values, f"{folder}/model.json"))
    shape = _shape(node.get("shape"), folder)
    _check_ports(operator, shape, folder)
    return [Node(str(node.get("name", folder)), operator, shape)]


def _check_names(names: List[str], folder: str) -> None:
    # Each node is read once: a name that stood twice, or reached into another node, could grow without bound.
    for name in names:
        if "/" in name or "\\" in name:
            raise BundleError(f"{folder}/model.json: node {name!r} is no name of a folder")
    if len(set(names)) != len(names):
        raise BundleError(f"{folder}/model.json: a node is named twice: {', '.join(names)}")


def _check_ports(operator: Operator, shape: Shape, folder: str) -> None:
    inputs = operator.input_types(len(shape.inputs))
    for found, types, what in (
        (shape.inputs, inputs, "input"),
        (shape.outputs, operator.output_types(inputs), "output"),
    ):
        if len(found) != len(types) or not found:
            raise BundleError(f"{folder}/node.json: {len(found)} {what} ports, {operator.op} here has {len(types)}")
    columns = list(shape.outputs.values())
    if len(set(columns)) != len(columns):
        raise BundleError(f"{folder}/node.json: two outputs are one column: {', '.join(columns)}")


def _shape(document: Any, folder: str) -> Shape:
    try:
        return Shape(_ports(document["inputs"]), _ports(document["outputs"]))
    except (KeyError, TypeError):
        problem = "shape needs inputs and outputs, each a list of name and port, a port once"
        raise BundleError(f"{folder}/node.json: {problem}") from None


def _ports(entries: Any) -> Dict[str, str]:
    ports = {}
    for entry in entries:
        name, port = entry["name"], entry["port"]
        if not isinstance(name, str) or not isinstance(port, str):
            raise TypeError
        if port in ports:
            raise TypeError
        ports[port] = name
    # Operators know their ports by number, whatever their order in the file.
    return dict(sorted(ports.items(), key=lambda item: _numbered(item[0])))


def _numbered(port: str) -> Tuple[str, int]:
    match = re.fullmatch(r"(.*?)([0-9]{0,9})", port, re.DOTALL)
    assert match is not None
    return match[1], int(match[2] or 0)


def _object(files: Files, name: str) -> Dict[str, Any]:
    if name not in files:
        raise BundleError(f"{name} is missing")
    try:
        document = json.loads(files[name].decode("utf-8"), object_pairs_hook=lambda pairs: _unique(pairs, name))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BundleError(f"{name} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise BundleError(f"{name}: an object is expected")
    return document


def _unique(pairs: Any, name: str) -> Dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise BundleError(f"{name}: a key stands twice in one object")
    return document
