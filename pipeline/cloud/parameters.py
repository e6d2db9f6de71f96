"""The stacks' parameters: what the user gives, what other stacks say, what was there before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.cloud.templates import ORDER, Template
from pipeline.errors import ConfigError


@dataclass(frozen=True)
class Given:
    """Parameters by the user: for each stack that has one of that name, or for one stack."""

    common: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, template: Template) -> dict[str, str]:
        """Those of one stack."""
        common = {name: value for name, value in self.common.items() if name in template.parameters}
        return common | dict(self.own.get(template.name, {}))


def parse_given(pairs: Iterable[str], templates: Mapping[str, Template], bucket: str | None = None) -> Given:
    """Parameters as the command line has them: NAME=VALUE, or STACK.NAME=VALUE for one stack alone.

    Raises ConfigError for what no stack has, with what there is.
    """
    common: dict[str, str] = {"Bucket": bucket} if bucket else {}
    own: dict[str, dict[str, str]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        stack, dot, parameter = name.rpartition(".")
        if not equals:
            raise ConfigError(f"found the parameter {pair!r}", hint="say NAME=VALUE, or STACK.NAME=VALUE")
        if dot and stack not in templates:
            raise ConfigError(f"{name}: there is no stack {stack!r}", hint=f"stacks: {', '.join(ORDER)}")
        holders = [templates[stack]] if dot else list(templates.values())
        known = sorted({known for template in holders for known in template.parameters})
        if parameter not in known:
            raise ConfigError(f"{name} is no parameter", hint=f"parameters: {', '.join(known)}")
        (own.setdefault(stack, {}) if dot else common)[parameter] = value
    return Given(common, own)


def resolve(template: Template, *sources: Mapping[str, str]) -> dict[str, str]:
    """The parameters that are sent: as the first of the sources says, else the template's default.

    Raises ConfigError for one that nobody says.
    """
    defaults = {name: value for name, value in template.parameters.items() if value is not None}
    found: dict[str, str] = {}
    for name in template.parameters:
        source = next((source for source in (*sources, defaults) if name in source), None)
        if source is None:
            raise missing(template.name, name)
        found[name] = source[name]
    return found


def missing(stack: str, *parameters: str) -> ConfigError:
    """The error of a parameter that nobody says, or of several of which one would do."""
    hint = f"give it: --parameter {parameters[0]}=..."
    return ConfigError(f"stack {stack} needs {' or '.join(parameters)}", hint=hint)
