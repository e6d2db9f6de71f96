"""Bundle.ML read: the JSON of any MLeap version becomes nodes in the order they run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Tuple, Union

from pipeline.bundle.archive import Files, read_files
from pipeline.bundle.old_json import current_attributes
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, Folder, Node, Operator, Shape
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
    # Up to MLeap 0.4 there was no root: bundle.json itself named the nodes.
    rootless = "nodes" in info and "root/node.json" not in files
    return Bundle(
        uid=_text(info, "uid", "", "bundle.json"),
        name=_text(info, "name", "", "bundle.json"),
        version=_text(info, "version", "", "bundle.json"),
        nodes=_inner(files, "", info["nodes"], "bundle.json", 1) if rootless else _nodes(files, "root", 0),
    )


def _nodes(files: Files, folder: str, depth: int) -> List[Node]:
    if depth > MAX_DEPTH:
        raise BundleError(f"{folder}: pipelines nest deeper than {MAX_DEPTH}")
    node = _object(files, f"{folder}/node.json")
    op, values = _model(files, folder)
    if op == "pipeline":
        names = Attributes(values, f"{folder}/model.json").need_list("nodes", str)
        return _inner(files, f"{folder}/", names, f"{folder}/model.json", depth + 1)
    operator = _operator(files, folder, op, values, depth)
    shape = _shape(node.get("shape"), folder)
    _check_ports(operator, shape, folder)
    return [Node(_text(node, "name", folder, f"{folder}/node.json"), operator, shape)]


def _model(files: Files, folder: str) -> Tuple[str, Dict[str, Any]]:
    """The name of the operator in a folder, and its attributes as plain values."""
    model = _object(files, f"{folder}/model.json")
    op, attributes = model.get("op"), current_attributes(model.get("attributes"))
    if not isinstance(op, str) or not isinstance(attributes, dict):
        raise BundleError(f"{folder}/model.json: op and attributes are expected")
    return op, {name: decode(value, f"{folder}/model.json, {name}") for name, value in attributes.items()}


def _operator(files: Files, folder: str, op: str, values: Dict[str, Any], depth: int) -> Operator:
    inside = _Inside(files, folder, depth)
    return operator_of(op, folder).from_attributes(Attributes(values, f"{folder}/model.json", inside))


class _Inside(Folder):
    """The files beside a model, and the models within it."""

    def __init__(self, files: Files, folder: str, depth: int) -> None:
        self._files = files
        self._folder = folder
        self._depth = depth

    def lines(self, name: str) -> List[Any]:
        place = f"{self._folder}/{name}"
        if place not in self._files:
            raise BundleError(f"{place} is missing")
        try:
            return [json.loads(line) for line in self._files[place].decode("utf-8").splitlines() if line.strip()]
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise BundleError(f"{place} is not JSON: {error}") from error

    def model(self, name: str) -> Operator:
        if self._depth > MAX_DEPTH:
            raise BundleError(f"{self._folder}: models nest deeper than {MAX_DEPTH}")
        folder = f"{self._folder}/{name}"
        op, values = _model(self._files, folder)
        return _operator(self._files, folder, op, values, self._depth + 1)


def _inner(files: Files, prefix: str, names: Any, where: str, depth: int) -> List[Node]:
    # Each node is read once: a name that stood twice, or reached into another node, could grow without bound.
    if not isinstance(names, list):
        raise BundleError(f"{where}: nodes is {names!r}, expected a list of names")
    for name in names:
        if not isinstance(name, str) or "/" in name or "\\" in name:
            raise BundleError(f"{where}: node {name!r} is no name of a folder")
    if len(set(names)) != len(names):
        raise BundleError(f"{where}: a node is named twice: {', '.join(names)}")
    return [node for name in names for node in _nodes(files, f"{prefix}{name}.node", depth)]


def _check_ports(operator: Operator, shape: Shape, folder: str) -> None:
    inputs = operator.input_types(len(shape.inputs))
    for found, types, what in (
        (shape.inputs, inputs, "input"),
        (shape.outputs, operator.types_of(inputs, list(shape.outputs)), "output"),
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
        text = files[name].decode("utf-8")
        document = json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, name))
        if "\\u" in text:
            # Half a surrogate pair can be escaped, but is no text that could be scored.
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BundleError(f"{name} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise BundleError(f"{name}: an object is expected")
    return document


def _text(document: Dict[str, Any], key: str, default: str, where: str) -> str:
    value = document.get(key, default)
    if not isinstance(value, str):
        raise BundleError(f"{where}: {key} is {value!r}, expected a text")
    return value


def _unique(pairs: Any, name: str) -> Dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise BundleError(f"{name}: a key stands twice in one object")
    return document
