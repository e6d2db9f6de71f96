"""Reading a pipeline file: YAML to values; each error names line, key, what was found and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipeline.config.model import PipelineConfig, Section
from pipeline.errors import ConfigError

Place = tuple[str | int, ...]


def load_config(path: str | Path) -> PipelineConfig:
    """Reads and checks a pipeline file; paths in it become relative to its folder. Raises ConfigError."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"pipeline file {path} cannot be read: {error}") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {_one_line(error)}") from error
    lines = _lines(root, path)
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
    return config.model_copy(update={"data": config.data.model_copy(update=changes)})


def _lines(root: Any, path: Path) -> dict[Place, int]:
    """The line of each key; a key that stands twice is refused, which YAML itself does not."""
    found: dict[Place, int] = {}
    pending: list[tuple[Place, Any]] = [((), root)]
    while pending:
        place, node = pending.pop()
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
                found[(*place, index)] = value.start_mark.line + 1
                pending.append(((*place, index), value))
    return found


def _explain(error: ValidationError, path: Path, lines: dict[Place, int]) -> str:
    problems = []
    for detail in error.errors():
        # Branches of a union stand in the place too; what is no key of the file is left out.
        place = tuple(part for part in detail["loc"] if not _is_branch(str(part)))
        line = next((lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in lines), 1)
        key = ".".join(map(str, place)) or "file"
        problems.append(f"{path}, line {line}: {_say(detail, key, place)}")
    return "\n".join(dict.fromkeys(problems))


def _say(detail: Any, key: str, place: Place) -> str:
    if detail["type"] == "missing":
        return f"key {key!r} is missing"
    if detail["type"] == "extra_forbidden":
        return f"key {key!r} is not known; allowed: {_keys(place[:-1])}"
    message = detail["msg"].removeprefix("Value error, ")
    return f"{key}: found {detail['input']!r}; {message[:1].lower()}{message[1:]}"


def _hint(error: ValidationError) -> str | None:
    for detail in error.errors():
        if detail["type"] == "extra_forbidden":
            place = detail["loc"]
            near = difflib.get_close_matches(str(place[-1]), _fields(place[:-1]), n=1)
            if near:
                return f"did you mean {near[0]!r}?"
    return None


def _is_branch(part: str) -> bool:
    return part.startswith(("literal[", "constrained-", "function-", "str", "int", "float", "bool")) and part not in (
        "string",
    )


def _keys(place: Sequence[str | int]) -> str:
    return ", ".join(_fields(place))


def _fields(place: Sequence[str | int]) -> list[str]:
    section: type[Section] = PipelineConfig
    for part in place:
        field = next((one for name, one in section.model_fields.items() if part in (name, one.alias)), None)
        kinds = [] if field is None else [field.annotation, *getattr(field.annotation, "__args__", ())]
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)]
        if not inner:
            return []
        section = inner[0]
    return [field.alias or name for name, field in section.model_fields.items()]


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())
