"""The JSON Schemas of pipeline, task and schema files, for editors: `python -m pipeline.config.json_schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.config.model import PipelineConfig
from pipeline.config.tasks import TaskFile
from pipeline.schema.contract import STRUCTS, TYPES

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def pipeline_schema() -> dict[str, Any]:
    """The JSON Schema of a pipeline file."""
    return {"$schema": DRAFT, **PipelineConfig.model_json_schema(by_alias=True)}


def tasks_schema() -> dict[str, Any]:
    """The JSON Schema of a file of tasks and services."""
    return {"$schema": DRAFT, **TaskFile.model_json_schema(by_alias=True)}


def contract_schema() -> dict[str, Any]:
    """The JSON Schema of a data contract."""
    text = {"type": "string"}
    column = {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "type"],
        "properties": {
            "name": {**text, "minLength": 1},
            "type": {"enum": list(TYPES)},
            "struct": {"enum": list(STRUCTS), "default": "basic"},
            "size": {"type": "integer", "minimum": 1, "description": "length of a vector or array"},
            "nullable": {"type": "boolean", "default": False, "description": "whether a value may be missing"},
            "label": {"type": "boolean", "default": False},
            "ignore": {"type": "boolean", "default": False, "description": "in the files, but no feature"},
            "classes": {"type": "array", "items": text, "uniqueItems": True, "description": "of a label, in order"},
            "description": text,
        },
    }
    return {
        "$schema": DRAFT,
        "title": "Data contract",
        "type": "object",
        "additionalProperties": False,
        "required": ["columns"],
        "properties": {
            "$schema": text,
            "name": text,
            "description": text,
            "columns": {"type": "array", "minItems": 1, "items": column},
        },
    }


def write_schemas(folder: Path) -> None:
    """Writes all into a folder."""
    documents = {"pipeline": pipeline_schema(), "tasks": tasks_schema(), "contract": contract_schema()}
    for name, document in documents.items():
        (folder / f"{name}.schema.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(__file__).parents[2] / "schemas")
