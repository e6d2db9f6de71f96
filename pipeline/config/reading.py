"""YAML to values, with the line of each key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import ConfigError

# Keys and list positions, as text, from the top of the file.
Place = tuple[str, ...]
Lines = dict[Place, int]

# A file that is larger or deeper once its aliases stand for what they name is an attack, or names itself.
MAX_KEYS, MAX_DEPTH = 10_000, 32

_SHOWN = 200


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, with the place of a value that Python itself refuses, as a day that no month has."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:
            problem = f"{shown(node.value)} is no {node.tag.rpartition(':')[2]}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error


def read_yaml(path: Path) -> tuple[Any, Lines]:
    """What a file says, and the line of each of its keys and list entries. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"pipeline file {path} cannot be read: {error}") from error
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        lines = _lines(root, path)
        return None if root is None else loader.construct_document(root), lines
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from error


def line_of(lines: Lines, place: Place) -> int:
    """The line of a place, or of the nearest that holds it."""
    return next((lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in lines), 1)


def shown(value: Any) -> str:
    """A value as a complaint quotes it."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _lines(root: Any, path: Path) -> Lines:
    """The line of each key; a key that stands twice is refused, which YAML itself does not."""
    found: Lines = {}
    pending: list[tuple[Place, Any]] = [((), root)]
    while pending:
        place, node = pending.pop()
        if len(found) > MAX_KEYS or len(place) > MAX_DEPTH:
            raise ConfigError(f"{path}: more than {MAX_KEYS:,} keys, or nested deeper than {MAX_DEPTH} levels")
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                here = (*place, str(key.value))
                line = key.start_mark.line + 1
                if here in found:
                    raise ConfigError(f"{path}, line {line}: key {key.value!r} stands twice")
                found[here] = line
                pending.append((here, value))
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                found[(*place, str(index))] = value.start_mark.line + 1
                pending.append(((*place, str(index)), value))
    return found
