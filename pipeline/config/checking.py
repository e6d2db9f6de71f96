"""A document held against the sections that it may have; each error names line, key, what was found and allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from pipeline.config.reading import Lines, Place, line_of, shown
from pipeline.config.section import Section
from pipeline.errors import ConfigError

Checked = TypeVar("Checked", bound=Section)

# Where pydantic's words are Python's.
_WORDS = {
    "model_type": "input should be a mapping of keys",
    "dict_type": "input should be a mapping of keys",
    "tuple_type": "input should be a list",
}
_UNKNOWN = "unknown_name"


def check(document: Any, kind: type[Checked], path: Path, lines: Lines) -> Checked:
    """The typed document; raises ConfigError with a line for each mistake."""
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: a pipeline file is a mapping of keys", hint=f"keys: {_keys(kind, ())}")
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise ConfigError(_explain(error, kind, path, lines), hint=_hint(error, kind)) from error


def unknown(place: Sequence[str | int], name: str, names: Iterable[str], what: str) -> InitErrorDetails:
    """The mistake of a section that names what is nowhere in the file; `what` is said of it as "image"."""
    known = sorted(names)
    listed = ", ".join(known) or "the file has none"
    words = PydanticCustomError(
        _UNKNOWN, "there is no such {what}: {listed}", {"what": what, "listed": listed, "known": known}
    )
    return InitErrorDetails(type=words, loc=tuple(place), input=name)


def wrong(place: Sequence[str | int], found: Any, words: str) -> InitErrorDetails:
    """The mistake of a section whose parts do not fit each other."""
    return InitErrorDetails(
        type=PydanticCustomError("unfit", "{words}", {"words": words}), loc=tuple(place), input=found
    )


def refuse(section: Section, mistakes: Sequence[InitErrorDetails]) -> None:
    """For validators of a section: raises all mistakes, each with its own place; nothing where there are none."""
    if mistakes:
        raise ValidationError.from_exception_data(type(section).__name__, list(mistakes))


def _explain(error: ValidationError, kind: type[Section], path: Path, lines: Lines) -> str:
    problems = []
    for detail in error.errors():
        # Where the key itself is wrong, pydantic's place goes one further.
        place = tuple(str(part) for part in detail["loc"] if part != "[key]")
        key = ".".join(place) or "file"
        problems.append(f"{path}, line {line_of(lines, place)}: {_say(detail, key, kind, place)}")
    return "\n".join(dict.fromkeys(problems))


def _say(detail: Any, key: str, kind: type[Section], place: Place) -> str:
    if detail["type"] == "missing":
        return f"key {key!r} is missing"
    if detail["type"] == "extra_forbidden":
        return f"key {key!r} is not known; allowed: {_keys(kind, place[:-1])}"
    message = _WORDS.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
    return f"{key}: found {shown(detail['input'])}; {message[:1].lower()}{message[1:]}"


def _hint(error: ValidationError, kind: type[Section]) -> str | None:
    for detail in error.errors():
        place = detail["loc"]
        if detail["type"] == "extra_forbidden":
            word, known = str(place[-1]), _fields(kind, place[:-1])
        elif detail["type"] == _UNKNOWN:
            word, known = str(detail["input"]), detail["ctx"]["known"]
        else:
            continue
        near = difflib.get_close_matches(word, known, n=1)
        if near:
            return f"did you mean {near[0]!r}?"
    return None


def _keys(kind: type[Section], place: Sequence[str | int]) -> str:
    return ", ".join(_fields(kind, place))


def _fields(kind: Any, place: Sequence[str | int]) -> list[str]:
    for part in place:
        kind = _inside(kind, str(part))
    section = _section(kind)
    return [] if section is None else [field.alias or name for name, field in section.model_fields.items()]


def _inside(kind: Any, part: str) -> Any:
    """The type of a key of a section, or of what a list or mapping holds."""
    section = _section(kind)
    if section is not None:
        fields = section.model_fields.items()
        return next((field.annotation for name, field in fields if part in (name, field.alias)), None)
    held = {tuple: 0, dict: -1}.get(get_origin(kind))
    return None if held is None else get_args(kind)[held]


def _section(kind: Any) -> type[Section] | None:
    kinds = get_args(kind) if get_origin(kind) is UnionType else (kind,)
    return next((one for one in kinds if isinstance(one, type) and issubclass(one, Section)), None)
