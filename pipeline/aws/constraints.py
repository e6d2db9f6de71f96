"""Every problem of a request or a reply by its shape, in AWS's own words.

botocore's own validator stops at types, required members and minima; AWS refuses for lengths, ranges, patterns and
enumerations too. A message reads as AWS's: "1 validation error detected: Value 'x' at 'trainingJobName' failed to
satisfy constraint: Member must have length less than or equal to 63".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pipeline.aws.patterns import satisfies
from pipeline.aws.service_model import operation

Kind = Literal["missing", "unknown", "type", "length", "range", "pattern", "enum", "union"]

# Above this a value is not held against its pattern: its length is refused anyhow, and matching takes time.
_MATCHED_CHARACTERS = 1 << 20
_SHOWN_CHARACTERS = 2000

_TYPES: dict[str, tuple[str, Any]] = {
    "string": ("a text", (str,)),
    "character": ("a text", (str,)),
    "boolean": ("true or false", (bool,)),
    "integer": ("a whole number", (int,)),
    "long": ("a whole number", (int,)),
    "float": ("a number", (int, float)),
    "double": ("a number", (int, float)),
    "timestamp": ("a time", (int, float, datetime)),
    "blob": ("bytes", (str, bytes, bytearray)),
    "list": ("a list", (list, tuple)),
    "map": ("a map", (dict,)),
    "structure": ("a structure", (dict,)),
}
_COLLECTIONS = ("list", "map", "structure")


@dataclass(frozen=True)
class Problem:
    """One constraint that a value does not satisfy.

    `path` leads to it by member names, list indices from 0 and map keys. As AWS does, a text or number inside a list or
    map is told as a problem of the list or map.
    """

    kind: Kind
    path: tuple[str | int, ...]
    value: Any
    constraint: str

    @property
    def place(self) -> str:
        """The path as AWS writes it: `inputDataConfig.1.member.channelName`."""
        return ".".join(f"{part + 1}.member" if isinstance(part, int) else _lower(part) for part in self.path)

    def __str__(self) -> str:
        value = "null" if self.value is None else f"'{_shown(self.value)}'"
        return f"Value {value} at '{self.place}' failed to satisfy constraint: {self.constraint}"


@dataclass(frozen=True)
class _Limit:
    kind: Kind
    words: str
    holds: Callable[[Any], bool]


def request_problems(name: str, request: Any, service: str = "sagemaker") -> list[Problem]:
    """The problems of an operation's request; KeyError for an operation that the service does not have."""
    return problems(operation(name, service).input_shape, request)


def reply_problems(name: str, reply: Any, service: str = "sagemaker") -> list[Problem]:
    """The problems of an operation's reply, HTTP metadata aside; KeyError as above."""
    return problems(operation(name, service).output_shape, reply)


def problems(shape: Any, value: Any) -> list[Problem]:
    """The problems of a value by a botocore shape; None, for an operation without one, takes an empty value."""
    if shape is None:
        return [] if not value else [Problem("unknown", (), value, "Member must be empty")]
    return list(_problems(shape, value, ()))


def message(found: Sequence[Problem]) -> str:
    """AWS's one line for several problems."""
    errors = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {errors} detected: " + "; ".join(map(str, found))


def _problems(shape: Any, value: Any, path: tuple[str | int, ...]) -> Iterator[Problem]:
    words, types = _TYPES[shape.type_name]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        yield Problem("type", path, value, f"Member must be {words}")
        return
    for limit in _limits(shape):
        if not limit.holds(value):
            yield Problem(limit.kind, path, value, limit.words)
    if shape.type_name == "structure":
        yield from _members(shape, value, path)
    elif shape.type_name == "list":
        items = dict(enumerate(value))
        yield from _elements(shape.member, items, value, path, "Member must satisfy constraint")
    elif shape.type_name == "map":
        yield from _elements(shape.key, {key: key for key in value}, value, path, "Map keys must satisfy constraint")
        yield from _elements(shape.value, value, value, path, "Map value must satisfy constraint")


def _members(shape: Any, value: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
    """A structure's members; null stands for a member that is not there."""
    given = {name: member for name, member in value.items() if member is not None}
    for name in shape.required_members:
        if name not in given:
            yield Problem("missing", (*path, name), None, "Member must not be null")
    if shape.is_tagged_union and len(given) != 1:
        yield Problem("union", path, value, f"Member must set exactly one of [{', '.join(shape.members)}]")
    for name, member in given.items():
        if name not in shape.members:
            allowed = ", ".join(shape.members)
            yield Problem("unknown", (*path, name), member, f"Member must be one of [{allowed}]")
        else:
            yield from _problems(shape.members[name], member, (*path, name))


def _elements(
    shape: Any, items: dict[Any, Any], whole: Any, path: tuple[str | int, ...], words: str
) -> Iterator[Problem]:
    """What a list or map holds: structures by themselves, texts and numbers by the first limit that one passes."""
    found = [problem for place, item in items.items() for problem in _problems(shape, item, (*path, place))]
    if shape.type_name in _COLLECTIONS:
        yield from found
        return
    yield from (problem for problem in found if problem.kind == "type")
    passed = next((problem for problem in found if problem.kind != "type"), None)
    if passed is not None:
        limits = ", ".join(limit.words for limit in _limits(shape))
        yield Problem(passed.kind, path, whole, f"{words}: [{limits}]")


def _limits(shape: Any) -> Iterator[_Limit]:
    """The limits of a shape, in the order in which AWS tells them."""
    metadata = shape.metadata
    sized = shape.type_name in ("string", "blob", "list", "map")
    kind: Kind = "length" if sized else "range"
    what = "have length" if sized else "have value"
    measure: Callable[[Any], Any] = len if sized else _same
    if "max" in metadata:
        high = metadata["max"]
        yield _Limit(kind, f"Member must {what} less than or equal to {high}", lambda value: measure(value) <= high)
    if "min" in metadata:
        low = metadata["min"]
        yield _Limit(kind, f"Member must {what} greater than or equal to {low}", lambda value: measure(value) >= low)
    if "pattern" in metadata:
        pattern = metadata["pattern"]
        yield _Limit(
            "pattern",
            f"Member must satisfy regular expression pattern: {pattern}",
            lambda value: len(value) > _MATCHED_CHARACTERS or satisfies(pattern, value),
        )
    if "enum" in metadata:
        allowed = metadata["enum"]
        yield _Limit(
            "enum", f"Member must satisfy enum value set: [{', '.join(allowed)}]", lambda value: value in allowed
        )


def _same(value: Any) -> Any:
    return value


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _shown(value: Any) -> str:
    """A value as Java prints it."""
    text = _java(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 3]}..."


def _java(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_java(key)}={_java(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_java, value)) + "]"
    return "null" if value is None else str(value)
