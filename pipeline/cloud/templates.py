"""The templates of `cfn/`, and what of them can be known without AWS: parameters and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pipeline
from pipeline.errors import RequirementError

# The stacks by their template's name, each behind those whose outputs it takes.
ORDER = ("bucket", "network", "sagemaker-roles", "airflow-ec2", "mwaa", "trigger", "endpoint", "monitoring")


@dataclass(frozen=True)
class Template:
    """A template; `parameters` has each one's default, None where it must be given."""

    name: str
    body: str
    parameters: Mapping[str, str | None]
    outputs: tuple[str, ...]


def load_templates() -> dict[str, Template]:
    """All of them, in ORDER. Raises RequirementError where they are not there: outside of a checkout."""
    folder = repository() / "cfn"
    return {name: _template(name, folder / f"{name}.yaml") for name in ORDER}


def repository() -> Path:
    """The checkout that this package is in, with `cfn/` and `dags/`. Raises RequirementError outside of one."""
    folder = Path(pipeline.__file__).parents[1]
    if not (folder / "cfn").is_dir():
        raise RequirementError(
            f"{folder} has no folder cfn: this command works in a checkout of the project",
            hint="git clone it and install it by `make setup`",
        )
    return folder


def parse_template(text: str) -> dict[str, Any]:
    """A template as data, its short functions as CloudFormation's long ones: `!Ref x` is {"Ref": "x"}."""
    import yaml

    class Loader(yaml.SafeLoader):
        """YAML with CloudFormation's tags."""

    def function(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
        value: Any
        if isinstance(node, yaml.ScalarNode):
            value = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
        if name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}

    Loader.add_multi_constructor("!", function)
    document: dict[str, Any] = yaml.load(text, Loader)  # noqa: S506 - a SafeLoader with data for tags
    return document


def _template(name: str, file: Path) -> Template:
    body = file.read_text(encoding="utf-8")
    document = parse_template(body)
    parameters = {
        parameter: None if "Default" not in said else str(said["Default"])
        for parameter, said in document.get("Parameters", {}).items()
    }
    return Template(name, body, parameters, tuple(document.get("Outputs", {})))
