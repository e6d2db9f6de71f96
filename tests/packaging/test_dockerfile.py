"""docker/Dockerfile: what SageMaker wants of an image, read off its instructions."""

from __future__ import annotations

import json
import subprocess

import pytest
from docker_cases import Instruction, read_instructions
from tests_paths import ROOT


@pytest.fixture(scope="module")
def instructions() -> list[Instruction]:
    return read_instructions()


def last(instructions: list[Instruction], name: str) -> str:
    return [rest for word, rest in instructions if word == name][-1]


def test_the_server_is_the_first_process_and_not_roots(instructions: list[Instruction]) -> None:
    assert json.loads(last(instructions, "ENTRYPOINT")) == ["inference-pipeline"]
    # SageMaker runs the image with this word; so does whoever names none.
    assert json.loads(last(instructions, "CMD")) == ["serve"]
    assert last(instructions, "USER") not in ("root", "0", "")


def test_it_listens_where_sagemaker_calls(instructions: list[Instruction]) -> None:
    assert "SAGEMAKER_BIND_TO_PORT=8080" in last(instructions, "ENV")
    assert last(instructions, "EXPOSE") == "8080"
    assert last(instructions, "LABEL") == "com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true"


def test_what_it_copies_is_there_and_let_through(instructions: list[Instruction]) -> None:
    ignored = (ROOT / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for word, rest in instructions:
        if word == "COPY" and not rest.startswith("--from="):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists()
                assert f"!{source}" in ignored


def test_its_constraints_are_the_locked_versions(instructions: list[Instruction]) -> None:
    command = next(rest for word, rest in instructions if word == "RUN" and rest.startswith("sed"))
    shown = command.replace("> constraints.txt", "")
    done = subprocess.run(["sh", "-c", shown], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert [line for line in lines if "--hash" in line or line.endswith("\\")] == []
    assert any(line.startswith("pyarrow==") for line in lines)
