"""The two files: their text, and how they come to be together or not at all."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.init.pipeline_file import SCHEMA_FILE, Drawn, pipeline_text
from pipeline.schema import Schema

PIPELINE_FILE = "pipeline.yml"


def check_targets(output: Path, *, force: bool) -> None:
    """Accepts a folder, there or not, that has neither file yet; else a ConfigError."""
    if output.exists() and not output.is_dir():
        raise ConfigError(f"{output} is not a folder")
    for name in (SCHEMA_FILE, PIPELINE_FILE):
        if not force and (output / name).exists():
            raise ConfigError(f"{output / name} is there already", hint="choose another folder, or overwrite: --force")


def write_files(output: Path, drawn: Drawn) -> tuple[Path, Path]:
    """Writes both files and returns their paths; raises ConfigError where the folder cannot be written to."""
    texts = {SCHEMA_FILE: schema_text(drawn.schema), PIPELINE_FILE: pipeline_text(drawn, output)}
    made = {output / name: output / f".{name}.{os.getpid()}" for name in texts}
    try:
        output.mkdir(parents=True, exist_ok=True)
        for (target, draft), text in zip(made.items(), texts.values(), strict=True):
            if target.is_dir():
                raise IsADirectoryError(f"{target} is a folder")
            draft.write_text(text, encoding="utf-8")
        for target, draft in made.items():
            draft.replace(target)
    except OSError as error:
        raise ConfigError(f"{output} cannot be written to: {error.strerror or error}") from error
    finally:
        for draft in made.values():
            with contextlib.suppress(OSError):
                draft.unlink()
    return output / SCHEMA_FILE, output / PIPELINE_FILE


def schema_text(schema: Schema) -> str:
    """The contract as JSON, one column a line."""
    document = schema.to_dict()
    columns = ",\n    ".join(json.dumps(column, ensure_ascii=False) for column in document.pop("columns"))
    head = "".join(f"  {json.dumps(key)}: {json.dumps(text, ensure_ascii=False)},\n" for key, text in document.items())
    return f'{{\n{head}  "columns": [\n    {columns}\n  ]\n}}\n'
