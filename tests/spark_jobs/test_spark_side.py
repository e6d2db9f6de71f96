"""The Spark side in an environment of just pyspark and NumPy, on the managed Spark image's two Pythons."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from job_cases import COLUMNS, rows
from tests_paths import ROOT

from pipeline.java import java_environment
from pipeline.packaging.py_files import write_py_files

# What a newer Python's own environment offers stands in where that Python is not installed.
PYTHONS = ("3.9", "3.12", f"{sys.version_info.major}.{sys.version_info.minor}")


def interpreter(release: str) -> str:
    """A Python of that release: this one, one on the PATH or, under pyenv, one beside it."""
    if release == PYTHONS[-1]:
        return sys.executable
    beside = sorted(Path(sys.base_prefix).parent.glob(f"{release}.*/bin/python{release}"))
    found = str(beside[-1]) if beside else shutil.which(f"python{release}")
    works = found and subprocess.run([found, "-c", "import venv"], capture_output=True, check=False).returncode == 0
    if not works or found is None:
        pytest.skip(f"no Python {release} on this machine")
    return found


@pytest.fixture(params=PYTHONS)
def python(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The interpreter of a new environment that holds NumPy, pyspark and py4j."""
    home = tmp_path / "env"
    subprocess.run([interpreter(request.param), "-m", "venv", str(home)], check=True, capture_output=True)
    python = home / "bin" / "python"
    packages = ROOT / "requirements" / "spark-side.txt"
    install = [str(python), "-m", "pip", "install", "-q", "--no-warn-script-location", "-r", str(packages)]
    found = subprocess.run(install, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"NumPy cannot be installed: {found.stderr.strip()[-200:]}")
    # pyspark is pure Python and large: it is linked, not installed again.
    site = next((home / "lib").glob("python*/site-packages"))
    for name in ("pyspark", "py4j"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        (site / name).symlink_to(Path(spec.origin).parent)
    return python


def test_the_job_runs_under_plain_spark_submit(python: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("\n".join(rows(150)), encoding="utf-8")
    (tmp_path / "schema.json").write_text(json.dumps({"columns": COLUMNS}), encoding="utf-8")
    zipped = write_py_files(tmp_path / "py-files.zip")
    pyspark = next((python.parents[1] / "lib").glob("python*/site-packages/pyspark"))
    script = tmp_path / "preprocess.py"
    shutil.copyfile(ROOT / "spark_jobs" / "preprocess.py", script)
    environment = {
        key: value for key, value in java_environment().items() if key in ("JAVA_HOME", "PATH", "HOME", "LANG")
    } | {"SPARK_HOME": str(pyspark), "PYSPARK_PYTHON": str(python), "SPARK_LOCAL_IP": "127.0.0.1"}
    command = [str(pyspark / "bin" / "spark-submit"), "--master", "local[2]", "--conf", "spark.ui.enabled=false"]
    command += ["--conf", "spark.sql.shuffle.partitions=2", "--conf", "spark.sql.codegen.wholeStage=false"]
    command += ["--driver-java-options", "-XX:TieredStopAtLevel=1", "--py-files", str(zipped), str(script)]
    command += ["--input", str(tmp_path / "rows.csv"), "--schema", str(tmp_path / "schema.json")]
    done = subprocess.run(
        [*command, "--output", str(tmp_path / "out")],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    said = [line for line in (done.stderr + done.stdout).splitlines() if " INFO " not in line]
    assert done.returncode == 0, "\n".join(said[-40:])
    from pipeline.scoring import Scorer

    scorer = Scorer.load(tmp_path / "out" / "model.tar.gz")
    row = columns_table()
    assert scorer.features_of(row)[0].size == 8
    assert np.isfinite(scorer.features_of(row)[0].values).all()  # type: ignore[union-attr]


def columns_table() -> object:
    import pyarrow as pa

    return pa.table({"kind": ["日本"], "size": [1.0], "count": [2], "new": [True]})


def test_a_missing_package_is_not_hidden(python: Path) -> None:
    code = "import importlib.util as u; print([n for n in ('pyarrow', 'pandas', 'xgboost') if u.find_spec(n)])"
    done = subprocess.run([str(python), "-c", code], env=os.environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
