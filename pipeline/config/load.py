"""Reading a pipeline file: YAML to values; each error names line, key, what was found and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import yaml
from pydantic import ValidationError

from pipeline.config.model import PipelineConfig
from pipeline.config.section import Section
from pipeline.errors import ConfigError

# Keys and list positions, as text, from the top of the file.
Place = tuple[str, ...]

# A file that is larger or deeper once its aliases stand for what they name is an attack, or names itself.
MAX_KEYS, MAX_DEPTH = 10_000, 32

# Where pydantic's words are Python's.
_WORDS = {
    "model_type": "input should be a mapping of keys",
    "dict_type": "input should be a mapping of keys",
    "tuple_type": "input should be a list",
}

_SHOWN = 200


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, with the place of a value that Python itself refuses, as a day that no month has."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:
            problem = f"{_shown(node.value)} is no {node.tag.rpartition(':')[2]}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error


def load_config(path: str | Path) -> PipelineConfig:
    """Reads and checks a pipeline file; paths in it become relative to its folder. Raises ConfigError."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"pipeline file {path} cannot be read: {error}") from error
    try:
        lines = _lines(yaml.compose(text, Loader=_Loader), path)
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: a pipeline file is a mapping of keys", hint=f"keys: {_keys(())}")
    try:
        config = PipelineConfig.model_validate(document)
    except ValidationError as error:
        raise ConfigError(_explain(error, path, lines), hint=_hint(error)) from error
    return _located(config, path.parent)


def _located(config: PipelineConfig, folder: Path) -> PipelineConfig:
    changes: dict[str, Any] = {"schema_file": str(folder / config.data.schema_file)}
    location = config.data.location
    if location is not None and "://" not in location:
        changes["location"] = str(folder / location)
    located: dict[str, Any] = {"data": config.data.model_copy(update=changes)}
    model = config.sagemaker.model
    if model.wheels is not None:
        model = model.model_copy(update={"wheels": str(folder / model.wheels)})
        located["sagemaker"] = config.sagemaker.model_copy(update={"model": model})
    return config.model_copy(update=located)


def _lines(root: Any, path: Path) -> dict[Place, int]:
    """The line of each key; a key that stands twice is refused, which YAML itself does not."""
    found: dict[Place, int] = {}
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


def _explain(error: ValidationError, path: Path, lines: dict[Place, int]) -> str:
    problems = []
    for detail in error.errors():
        # Where the key itself is wrong, pydantic's place goes one further.
        place = tuple(str(part) for part in detail["loc"] if part != "[key]")
        line = next((lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in lines), 1)
        key = ".".join(place) or "file"
        problems.append(f"{path}, line {line}: {_say(detail, key, place)}")
    return "\n".join(dict.fromkeys(problems))


def _say(detail: Any, key: str, place: Place) -> str:
    if detail["type"] == "missing":
        return f"key {key!r} is missing"
    if detail["type"] == "extra_forbidden":
        return f"key {key!r} is not known; allowed: {_keys(place[:-1])}"
    message = _WORDS.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
    return f"{key}: found {_shown(detail['input'])}; {message[:1].lower()}{message[1:]}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _hint(error: ValidationError) -> str | None:
    for detail in error.errors():
        if detail["type"] == "extra_forbidden":
            place = detail["loc"]
            near = difflib.get_close_matches(str(place[-1]), _fields(place[:-1]), n=1)
            if near:
                return f"did you mean {near[0]!r}?"
    return None


def _keys(place: Sequence[str | int]) -> str:
    return ", ".join(_fields(place))


def _fields(place: Sequence[str | int]) -> list[str]:
    kind: Any = PipelineConfig
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
