"""Which stacks are deployed and destroyed, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.cloud.buckets import count_objects, empty
from pipeline.cloud.clients import CloudClients
from pipeline.cloud.packing import Packing, pack, packed_parameters
from pipeline.cloud.parameters import Given, missing, resolve
from pipeline.cloud.stacks import Said, Stack, Stacks
from pipeline.cloud.templates import ORDER, Template, load_templates
from pipeline.errors import ConfigError
from pipeline.sending.clients import failing_as

_TAG = "inference-pipeline"
# Parameters with a default of which a stack needs one all the same.
_ONE_OF = {"trigger": ("AirflowUrl", "MwaaEnvironment")}


@dataclass(frozen=True)
class Deployment:
    """The stacks whose names begin with `name`, in one region; `said` hears how it goes."""

    name: str
    clients: CloudClients
    said: Said

    def deploy(
        self,
        names: Sequence[str],
        given: Given,
        *,
        tags: Mapping[str, str] | None = None,
        pipelines: Path | None = None,
    ) -> dict[str, Mapping[str, str]]:
        """Creates or updates these stacks, and those that make what they need and are not there yet.

        Returns the outputs of all that are there. Raises ConfigError for a parameter that nobody says, before anything
        is made, and DeploymentError.
        """
        templates = load_templates()
        _check(names)
        with failing_as("deploy"):
            there = self._found()
            outputs = {name: stack.outputs for name, stack in there.items()}
            for name in _with_suppliers(names, given, templates, there):
                template, stack = templates[name], self._stack_name(name)
                others = {key: value for other in outputs if other != name for key, value in outputs[other].items()}
                sources = (given.of(template), others, there[name].parameters if name in there else {})
                known = resolve(template, *sources, dict.fromkeys(packed_parameters(name), ""))
                packed = pack(name, Packing(self.clients.s3, known, others, pipelines, self.said))
                self.said(f"{stack}: ...")
                parameters = resolve(template, packed, *sources)
                done, change = self._stacks.apply(stack, template.body, parameters, {_TAG: self.name, **(tags or {})})
                self.said(f"{stack}: {change}")
                outputs[name] = done.outputs
        return outputs

    def contents(self, names: Sequence[str]) -> dict[str, int]:
        """The buckets of these stacks, or of all, and how much is in each."""
        with failing_as("destroy"):
            stacks = [self._stack_name(name) for name in self._last_first(names)]
            buckets = [bucket for stack in stacks for bucket in self._stacks.buckets(stack)]
            return {bucket: count_objects(self.clients.s3, bucket) for bucket in buckets}

    def destroy(self, names: Sequence[str]) -> int:
        """Deletes these stacks, or all, the last one first, with what is in their buckets; returns how many.

        It can be repeated: what is gone is gone. Raises DeploymentError.
        """
        count = 0
        with failing_as("destroy"):
            for stack in map(self._stack_name, self._last_first(names)):
                for bucket in self._stacks.buckets(stack):
                    empty(self.clients.s3, bucket, self.said)
                self.said(f"{stack}: ...")
                if self._stacks.delete(stack):
                    self.said(f"{stack}: deleted")
                    count += 1
        return count

    @property
    def _stacks(self) -> Stacks:
        return Stacks(self.clients, self.said)

    def _stack_name(self, template: str) -> str:
        return f"{self.name}-{template}"

    def _found(self) -> dict[str, Stack]:
        """The stacks that are there, by their templates."""
        stacks = ((name, self._stacks.find(self._stack_name(name))) for name in ORDER)
        return {name: stack for name, stack in stacks if stack is not None}

    def _last_first(self, names: Sequence[str]) -> list[str]:
        _check(names)
        there = self._found()
        return [name for name in reversed(ORDER) if name in there and (not names or name in names)]


def _with_suppliers(
    names: Sequence[str], given: Given, templates: Mapping[str, Template], there: Mapping[str, Stack]
) -> list[str]:
    """These stacks and whatever makes what they need, in order."""
    suppliers = {output: name for name in reversed(ORDER) for output in templates[name].outputs}
    before = {name: stack.parameters for name, stack in there.items()}
    wanted: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        wanted.add(name)
        known = {*given.of(templates[name]), *packed_parameters(name), *before.get(name, {})}
        for parameter, default in templates[name].parameters.items():
            if default is not None or parameter in known:
                continue
            supplier = suppliers.get(parameter)
            if supplier in (None, name):
                raise missing(name, parameter)
            if supplier not in there and supplier not in wanted:
                pending.append(supplier)
    made = {output for name in wanted | there.keys() for output in templates[name].outputs}
    for name in wanted & _ONE_OF.keys():
        values = {**before.get(name, {}), **given.of(templates[name])}
        if not any(values.get(parameter) or parameter in made for parameter in _ONE_OF[name]):
            raise missing(name, *_ONE_OF[name])
    return [name for name in ORDER if name in wanted]


def _check(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in ORDER]
    if unknown:
        raise ConfigError(f"there is no stack {unknown[0]!r}", hint=f"stacks: {', '.join(ORDER)}")
