"""What tasks import where Airflow runs: nothing that is not in the lock of that place."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests_paths import ROOT

LOCKS = ["requirements/airflow-machine.txt", "dags/constraints.txt"]
# Imports all modules, where no other packages than those of the lock can be imported.
_IMPORT = """
import importlib, json, re, sys
from importlib.metadata import packages_distributions

modules, lock = json.load(sys.stdin)
spelled = lambda name: re.sub(r"[-_.]+", "-", name).lower()
blocked = {
    top for top, names in packages_distributions().items()
    if not {spelled(name) for name in names} & {*lock, "inference-pipeline"}
}

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in blocked:
            raise ModuleNotFoundError(f"{name} is not in the lock")

sys.meta_path.insert(0, Blocked())
for name in modules:
    importlib.import_module(name)
print("imported", len(modules), "without", *sorted(blocked))
"""


def modules() -> list[str]:
    """The modules of the package that the DAGs import, nearly all of them in their tasks."""
    found = set()
    for file in (ROOT / "dags").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "pipeline":
                # A name may be a module itself.
                found |= {str(node.module), *(f"{node.module}.{name.name}" for name in node.names)}
    return sorted(name for name in found if _is_module(ROOT / name.replace(".", "/")))


def _is_module(place: Path) -> bool:
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


@pytest.mark.parametrize("lock", LOCKS)
def test_tasks_import_only_what_is_locked(lock: str) -> None:
    found = modules()
    assert {"pipeline.sending.send", "pipeline.sending.release", "pipeline.evaluation.compare"} <= {*found}
    pinned = re.findall(r"^([a-z0-9._-]+)==", (ROOT / lock).read_text(), re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _IMPORT],
        input=json.dumps([found, pinned]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "pytest" in done.stdout.rpartition("without")[2].split()
