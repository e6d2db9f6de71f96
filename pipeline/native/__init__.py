"""The compiled kernels: trees walked, rows scored, in C behind Python's stable ABI.

They are built with the package (setup.py). Without them everything works, by NumPy and libxgboost, to the same last
bit.
"""

from __future__ import annotations

import functools
import importlib
import os
from typing import Any

# Set to 0, nothing compiled is used.
SWITCH = "INFERENCE_PIPELINE_COMPILED"


@functools.cache
def kernels() -> Any:
    """The compiled module, or None where there is none or SWITCH says 0."""
    if os.environ.get(SWITCH) == "0":
        return None
    try:
        return importlib.import_module("pipeline.native._kernels")
    except ImportError:
        return None
