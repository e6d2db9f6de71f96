"""What each stack runs goes into the bucket before the stack is made; the stack is told where it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.cloud import packages
from pipeline.cloud.buckets import mirror, put


@dataclass(frozen=True)
class Packing:
    """A stack whose code is packed: its parameters as far as they are known, and the outputs of the others."""

    s3: Any
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    pipelines: Path | None
    said: Callable[[str], None]

    def put(self, key: str, content: bytes) -> str:
        """An object in the bucket; returns its version."""
        return put(self.s3, self.parameters["Bucket"], key, content)

    def dags(self) -> None:
        """The DAGs with all that they import."""
        files = packages.dag_files(self.pipelines)
        bucket, prefix = self.parameters["Bucket"], self.parameters["DagsPrefix"]
        changed = mirror(self.s3, bucket, prefix, files, keep=("pipelines/",) if self.pipelines is None else ())
        self.said(f"s3://{bucket}/{prefix}: {len(files)} files, {changed} changed")


def _machine(packing: Packing) -> dict[str, str]:
    packing.dags()
    key, content = packages.machine_archive()
    packing.put(key, content)
    return {"MachineKey": key}


def _managed(packing: Packing) -> dict[str, str]:
    packing.dags()
    outputs = packing.outputs
    variables = {variable: outputs[role] for role, variable in packages.ROLE_VARIABLES.items() if role in outputs}
    script = packages.startup_script({"SAGEMAKER_BUCKET": packing.parameters["Bucket"], **variables})
    return {
        "RequirementsVersion": packing.put(packing.parameters["RequirementsKey"], packages.managed_requirements()),
        "StartupVersion": packing.put(packing.parameters["StartupKey"], script),
    }


def _trigger(packing: Packing) -> dict[str, str]:
    key, content = packages.trigger_code()
    packing.put(key, content)
    return {"CodeKey": key}


# The stacks that run code: the parameters that packing finds out, and how.
_STACKS: Mapping[str, tuple[tuple[str, ...], Callable[[Packing], dict[str, str]]]] = {
    "airflow-ec2": (("MachineKey",), _machine),
    "mwaa": (("RequirementsVersion", "StartupVersion"), _managed),
    "trigger": (("CodeKey",), _trigger),
}


def packed_parameters(stack: str) -> tuple[str, ...]:
    """The parameters of a stack that nobody has to give, for packing finds them out."""
    return _STACKS[stack][0] if stack in _STACKS else ()


def pack(stack: str, packing: Packing) -> dict[str, str]:
    """Uploads what a stack runs; returns those parameters."""
    return _STACKS[stack][1](packing) if stack in _STACKS else {}
