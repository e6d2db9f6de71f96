"""Whole plans, member by member: `expected/NAME.json` is what `expected/NAME.yml` asks of AWS.

EXPECTED=write writes the plans anew. Each value of a new one is to be held against the pipeline file and against what
botocore's model of SageMaker says that the member means; git shows what has changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from plan_cases import ENVIRONMENT
from pydantic import BaseModel
from tests_paths import ROOT

from pipeline.config import load_config
from pipeline.config.sagemaker import SageMaker
from pipeline.plan import Plan, Upload, deletions, plan_requests, resolve_settings

FOLDER = Path(__file__).with_name("expected")
NAMES = sorted(file.stem for file in FOLDER.glob("*.yml"))
# A secret and what it holds are another source of values, not values.
ELSEWHERE = {"secret"}


def plan_of(name: str) -> Plan:
    file = FOLDER / f"{name}.yml"
    config = load_config(file)
    return plan_requests(config, file, resolve_settings(config.sagemaker, ENVIRONMENT), "run1")


def document(plan: Plan) -> Any:
    """All that the plan says, without what it leaves at its default."""
    uploads = [_upload(upload) for upload in plan.uploads]
    return {**_plain(plan), "uploads": uploads, "deletions": [_plain(deletion) for deletion in deletions(plan)]}


def _upload(upload: Upload) -> dict[str, str]:
    """Content that is text; of an archive, whose bytes change with the code, its place alone."""
    made = {"uri": upload.uri}
    if upload.path is not None:
        made["from"] = os.path.relpath(upload.path, ROOT)
    if upload.content is not None and not upload.uri.endswith(".zip"):
        made["content"] = upload.content.decode()
    return made


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        said = {field: getattr(value, field.name) for field in fields(value)}
        return {field.name: _plain(one) for field, one in said.items() if one != _default(field)}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def differences(expected: Any, found: Any, place: str = "") -> Iterator[str]:
    """Each member that differs, by its place."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in dict.fromkeys([*expected, *found]):
            yield from differences(expected.get(key, "nothing"), found.get(key, "nothing"), f"{place}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, pair in enumerate(zip(expected, found, strict=True)):
            yield from differences(*pair, f"{place}.{number}")
    elif json.dumps(expected) != json.dumps(found):
        yield f"{place.removeprefix('.')}: expected {expected!r}, found {found!r}"


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_is_the_expected_one(name: str) -> None:
    file = FOLDER / f"{name}.json"
    found = document(plan_of(name))
    if os.environ.get("EXPECTED") == "write":
        file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        pytest.skip(f"{file.name} is written")
    assert list(differences(json.loads(file.read_text(encoding="utf-8")), found)) == []


def test_every_key_of_the_section_is_said_with_another_value_than_its_default() -> None:
    said = {place for name in NAMES for place in _said(load_config(FOLDER / f"{name}.yml").sagemaker)}
    assert set(_keys(SageMaker)) - said - ELSEWHERE == set()


def _keys(section: type[BaseModel], place: str = "") -> Iterator[str]:
    """The keys of a section and of those in it."""
    for name, field in section.model_fields.items():
        inner = next(_sections(field.annotation), None)
        if inner is None or name in ELSEWHERE:
            yield f"{place}{name}"
        else:
            yield from _keys(inner, f"{place}{name}.")


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    """The sections that a key may hold, as itself or in a list or map."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _sections(argument)


def _said(section: BaseModel, place: str = "") -> Iterator[str]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
        inner = [one for one in held if isinstance(one, BaseModel)]
        for one in inner:
            yield from _said(one, f"{place}{name}.")
        if not inner and value != field.get_default(call_default_factory=True):
            yield f"{place}{name}"
