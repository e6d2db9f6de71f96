"""The scorer as docker/Dockerfile builds it: its environment alone serves, with the compiled kernels."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from docker_cases import build
from serving_models import csv_of, rows
from serving_server import Server, serving

pytestmark = pytest.mark.slow


def test_what_the_image_s_build_stage_makes_serves(
    archive: Callable[[str], Path], regression: Server, tmp_path: Path
) -> None:
    scorer = build(tmp_path)
    compiled = [scorer / "bin" / "python", "-c", "import pipeline.native as n; print(n.kernels() is not None)"]
    assert subprocess.run(compiled, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == "True\n"
    program = [str(scorer / "bin" / "inference-pipeline"), "serve"]
    with serving(archive("regression"), tmp_path / "log", "--metrics-port", "0", program=program) as server:
        lines = csv_of(rows(50))
        assert server.post(lines).body == regression.post(lines).body
        assert server.stop() == 0
