"""A gate before containers: one whose variables name it does not begin to start while it is closed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from service_cases import Service

_VARIABLE = "GATE"
# What every Python begins with that finds it. A killed service's containers do not wait on.
_PROGRAM = f"""
import os, time
gate, parent = os.environ.get("{_VARIABLE}"), os.getppid()
while gate and os.path.exists(gate) and os.getppid() == parent:
    time.sleep(0.02)
"""


class Gate:
    """Open at first; `variables` are those of the containers that it is for."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._closed = folder, folder / "closed"
        self.variables = {_VARIABLE: str(self._closed)}
        (folder / "sitecustomize.py").write_text(_PROGRAM, encoding="utf-8")

    def service(self, data_dir: Path, *options: str) -> Service:
        """A local SageMaker whose containers may have the gate before them."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", str(self._folder), prepend=os.pathsep)
            return Service(data_dir, *options)

    def close(self) -> None:
        """Who comes waits."""
        self._closed.touch()

    def open(self) -> None:
        """Who waits goes on."""
        self._closed.unlink(missing_ok=True)
