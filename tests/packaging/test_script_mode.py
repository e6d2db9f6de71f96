"""The archive for SageMaker's XGBoost container, installed and called as that container does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from importlib.metadata import requires
from pathlib import Path

import model_cases
import pytest

from pipeline.bundle.archive import read_files
from pipeline.errors import ConfigError
from pipeline.packaging.archives import fused_files
from pipeline.packaging.script_mode import REQUIREMENTS, code_files, script_mode_archive
from pipeline.scoring import Scorer
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.outputs import Outputs, csv_text

# What the container's server does, sagemaker_containers' `import_module` and `Transformer`, in a few lines.
CALLS = """
import json, sys
import inference
assert inference.__file__.startswith(sys.prefix), inference.__file__
import pipeline
assert pipeline.__file__.startswith(sys.prefix), pipeline.__file__
model = inference.model_fn(sys.argv[1])
for line in sys.stdin:
    body, content_type, accept = json.loads(line)
    reply = inference.transform_fn(model, body, content_type, accept)
    print(json.dumps([reply.status_code, reply.content_type, reply.get_data(as_text=True)]))
print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    table = model_cases.table_of(60)
    booster = model_cases.train(model_cases.features_of(table), {"objective": "reg:squarederror"})
    manifest = Manifest(features="features", feature_names=model_cases.FEATURE_NAMES)
    files = fused_files(model_cases.bundle_files(), model_cases.raw(booster), model_cases.SCHEMA, manifest)
    return script_mode_archive(files, tmp_path_factory.mktemp("script-mode") / "model.tar.gz")


@pytest.fixture(scope="module")
def container(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An environment into which pip installed code/ without any network, and the folder of the model."""
    base = tmp_path_factory.mktemp("container")
    model = base / "model"
    for name, content in read_files(archive).items():
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_bytes(content)
    # The container has the requirements of XGBoost itself; here this environment's packages stand for them.
    venv.create(base / "venv", with_pip=False)
    python = base / "venv" / "bin" / "python"
    site = next((base / "venv" / "lib").glob("python*")) / "site-packages"
    mine = [path for path in sys.path if path.endswith("site-packages")]
    (site / "packages.pth").write_text("\n".join(mine) + "\n", encoding="utf-8")
    # The toolkit leaves these beside a module without a setup.py; what pip reads comes first.
    (model / "code" / "setup.py").write_text("raise SystemExit('setup.py was run')", encoding="utf-8")
    pip = [str(python), "-m", "pip", "install", "--no-index", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, ".", "-r", "requirements.txt"], cwd=model / "code", check=True, timeout=120)
    return python, model


def answers(container: tuple[Path, Path], requests: list[list[str]], **variables: str) -> list[list[object]]:
    python, model = container
    lines = "\n".join(json.dumps(request) for request in requests) + "\n"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), "-c", CALLS, str(model)],
        input=lines,
        env=environment | variables,
        cwd=model.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_container_answers_what_the_scorer_says(archive: Path, container: tuple[Path, Path]) -> None:
    table = model_cases.table_of(5, seed=3)
    expected = csv_text(Outputs(Scorer.load(archive)).of_table(table)).decode()
    rows = [list(row.values()) for row in table.to_pylist()]
    body = "\n".join(",".join(map(str, row)) for row in rows)
    plain, lines, wrong, unknown, modules = answers(
        container,
        [
            [body, "text/csv", "text/csv"],
            ["\n".join(json.dumps({"data": row}) for row in rows), "application/jsonlines", "text/csv"],
            ["nobody,1,2", "text/csv", "text/csv"],
            ["x", "image/png", "text/csv"],
        ],
    )
    assert plain == [200, "text/csv; charset=utf-8", expected]
    assert lines == plain
    assert (wrong[0], wrong[1]) == (400, "application/json")
    assert "nobody" in str(wrong[2])
    assert unknown[0] == 415
    # XGBoost's own package takes seconds to import; its library alone is loaded.
    assert {"xgboost", "uvicorn", "pyspark"} & set(map(str, modules)) == set()


def test_variables_of_the_model_choose_the_reply(container: tuple[Path, Path]) -> None:
    reply, _ = answers(
        container, [["M,1.0,2", "text/csv", ""]], SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT="application/json"
    )
    assert reply[1] == "application/json"


def test_the_same_archive_serves_outside_of_the_container(archive: Path) -> None:
    assert len(Scorer.load(archive).predict(model_cases.table_of(3))) == 3


def test_the_requirements_are_the_distributions_own() -> None:
    assert set(REQUIREMENTS) <= set(requires("inference-pipeline") or [])


def test_wheels_travel_for_a_container_without_a_network(tmp_path: Path) -> None:
    (tmp_path / "orjson-3.11.0-cp312-cp312-manylinux_2_17_x86_64.whl").write_bytes(b"wheel")
    with pytest.raises(ConfigError, match="has no wheel of regex"):
        code_files(tmp_path)
    (tmp_path / "regex-2025.1.1-cp312-cp312-manylinux_2_17_x86_64.whl").write_bytes(b"wheel")
    files = code_files(tmp_path)
    assert files["code/requirements.txt"].splitlines()[:2] == [b"--no-index", b"--find-links wheels"]
    assert [name for name in files if name.startswith("code/wheels/orjson-")]


def test_no_file_of_the_archive_but_the_booster_is_on_top(archive: Path) -> None:
    names = read_files(archive)
    assert [name for name in names if "/" not in name] == ["xgboost-model"]
    assert {name.partition("/")[0] for name in names} == {"xgboost-model", "inference", "code"}
