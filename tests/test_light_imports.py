"""What an import may load: heavy packages only where they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"pyspark", "xgboost", "boto3", "airflow", "pandas", "pydantic", "rich", "matplotlib", "sklearn", "jpype"}


@pytest.mark.parametrize(
    ("module", "also"),
    [
        ("pipeline", {"numpy", "pyarrow"}),
        ("pipeline.schema", {"numpy", "pyarrow"}),
        ("pipeline.bundle", {"pyarrow"}),
        ("pipeline.scoring", set()),
        ("pipeline.training", {"pyarrow"}),
        # Somebody's functions have the process to themselves.
        ("pipeline.services.worker", {"numpy", "pyarrow", "uvicorn"}),
    ],
)
def test_an_import_is_light(module: str, also: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (HEAVY | also) & set(done.stdout.split()) == set()
