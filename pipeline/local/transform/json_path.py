"""The JSONPath of InputFilter and OutputFilter: the subset that SageMaker documents.

`$`, `.name`, `['name','other']`, `[0]`, `[-1]`, `[1,3]`, `[1:]`, `[:3]`, `[1:3]` and `*`. As in the JsonPath library
that SageMaker names, the end of a slice does not belong to it, and one bracket holds either indices or one slice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pipeline.local.errors import JobFailure

# Takes a value, gives the values that the step leads to.
_Step = Callable[[Any], list[Any]]

_NAME = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_STEP = re.compile(
    rf"""\.(?P<dot>[^.\[\]*'"\s,:()?@]+)
    |\.?\[\s*(?P<names>(?:{_NAME})(?:\s*,\s*(?:{_NAME}))*)\s*\]
    |\.?\[\s*(?P<indices>-?\d+(?:\s*,\s*-?\d+)*)\s*\]
    |\.?\[\s*(?P<start>-?\d*)\s*:\s*(?P<end>-?\d*)\s*\]
    |(?P<star>\.\*|\.?\[\s*\*\s*\])""",
    re.VERBOSE,
)


class PathError(ValueError):
    """A path that leads nowhere in a record."""


class JsonPath:
    """A path, compiled; raises JobFailure for one that is not of the subset."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._steps: list[_Step] = []
        self._definite = True
        if not path.startswith("$"):
            raise _invalid(path, "a path starts with $")
        at = 1
        while at < len(path):
            found = _STEP.match(path, at)
            if found is None:
                raise _invalid(path, f"{path[at:]!r} is not supported: {_SUPPORTED}")
            self._add(found)
            at = found.end()

    @property
    def is_root(self) -> bool:
        """Whether the path is `$`: everything."""
        return not self._steps

    def select(self, value: Any) -> Any:
        """What the path leads to: one value, or with `*`, a slice or several indices a list of them.

        Several names give an object with these. Raises PathError where a name or index is not there.
        """
        values = [value]
        for step in self._steps:
            values = [inner for outer in values for inner in step(outer)]
        if self._definite:
            return values[0]
        if not values:
            raise PathError(f"{self._path} selects nothing")
        return values

    def _add(self, found: re.Match[str]) -> None:
        if found["dot"] is not None:
            self._steps.append(_named(found["dot"]))
        elif found["names"] is not None:
            names = [_unquoted(name) for name in re.findall(_NAME, found["names"])]
            self._steps.append(_named(names[0]) if len(names) == 1 else _several(names))
        elif found["indices"] is not None:
            indices = [int(index) for index in found["indices"].split(",")]
            self._definite &= len(indices) == 1
            self._steps.append(_indexed(indices))
        elif found["star"] is not None:
            self._definite = False
            self._steps.append(_all)
        else:
            self._definite = False
            bounds = [int(bound) if bound else None for bound in (found["start"], found["end"])]
            self._steps.append(lambda value: _array(value)[slice(*bounds)])


def _named(name: str) -> _Step:
    return lambda value: [_member(value, name)]


def _several(names: list[str]) -> _Step:
    return lambda value: [{name: _member(value, name) for name in names}]


def _indexed(indices: list[int]) -> _Step:
    def step(value: Any) -> list[Any]:
        array = _array(value)
        for index in indices:
            if not -len(array) <= index < len(array):
                raise PathError(f"there is no index {index} in {len(array)} values")
        return [array[index] for index in indices]

    return step


def _all(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(_array(value))


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        raise PathError(f"there is no name {name!r} in a value that is no object")
    if name not in value:
        raise PathError(f"there is no name {name!r}")
    return value[name]


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise PathError("there is no index in a value that is no array")
    return value


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


_SUPPORTED = "$, .name, ['name','other'], [0], [1,3], [1:3] and * are"


def _invalid(path: str, problem: str) -> JobFailure:
    return JobFailure(f"ClientError: Invalid JsonPath: {path}: {problem}")
