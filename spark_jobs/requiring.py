"""What a job needs of the Python that runs it, checked before anything is read."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Sequence

from pipeline.errors import RequirementError

# Scoring and training; the processing job itself takes 3.9.
PYTHON = (3, 11)
# PySpark asks for pandas wherever Arrow's batches go to Python.
SCORING = ("numpy", "pyarrow", "pandas", "xgboost", "orjson")
TRAINING = ("numpy", "pyarrow", "pandas", "xgboost", "sklearn", "scipy")
_HINT = "ship an environment to driver and executors: docs/scaling.md"


def require(packages: Sequence[str]) -> None:
    """Raises RequirementError for a Python that is too old, and for packages that it lacks."""
    if sys.version_info < PYTHON:
        found, wanted = ".".join(map(str, sys.version_info[:3])), ".".join(map(str, PYTHON))
        raise RequirementError(f"Python {wanted} or newer is needed, this is {found}", hint=_HINT)
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise RequirementError(f"this Python lacks {', '.join(missing)}: {sys.executable}", hint=_HINT)


def lacking(module: str) -> RequirementError:
    """The error for a module that the executors could not import."""
    return RequirementError(f"the executors' Python lacks {module.partition('.')[0]}", hint=_HINT)
