"""What the parts of a pipeline file are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Allowed:
    """What a union allows, in one sentence: pydantic itself would complain once for each member."""

    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        if schema["type"] != "union":
            raise TypeError(f"{source} is no union")
        return core_schema.union_schema(schema["choices"], custom_error_type="union", custom_error_message=self.words)


# A SageMaker name, short enough that a job's name can be made of it.
Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", max_length=40)]
# A SageMaker name as it is sent.
ResourceName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$", max_length=63)]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
S3Uri = Annotated[str, StringConstraints(pattern=r"^s3://[^/]+(/.*)?$")]
Scalar = Annotated[str | int | float | bool, Allowed("input should be a text, a number, true or false")]


class Section(BaseModel):
    """A part of the file: unknown keys are refused, values never change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, protected_namespaces=())


def text(value: object) -> str:
    """A value of the file as programs take it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
