"""The py-files zip: the Spark side whole, importable from the zip alone, in the syntax of Python 3.9."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import model_cases
import pytest
from tests_paths import ROOT

from pipeline.bundle.pack import write_files
from pipeline.packaging.py_files import MLEAP_SIDE, SPARK_SIDE, write_py_files

OLDEST = (3, 9)

# Not the job's: Arrow's types are for readers, a limit on patterns and many texts at once are for scorers, and MLeap's
# own writer needs MLeap.
ELSEWHERE = {
    "pipeline/schema/arrow.py",
    "pipeline/operators/text/limited_regex.py",
    "pipeline/operators/text/many_texts.py",
    "pipeline/mleap/serializer.py",
}


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_py_files(tmp_path_factory.mktemp("zip") / "py-files.zip")


def sources(zipped: Path) -> dict[str, str]:
    with zipfile.ZipFile(zipped) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def test_it_holds_the_spark_side_and_nothing_else(zipped: Path) -> None:
    expected = {f"spark_jobs/{file.name}": file for file in (ROOT / "spark_jobs").glob("*.py")}
    for part in (*SPARK_SIDE, *MLEAP_SIDE):
        place = ROOT / "pipeline" / part
        assert place.exists(), part
        for file in [place] if place.is_file() else place.rglob("*.py"):
            expected[file.relative_to(ROOT).as_posix()] = file
    assert sources(zipped) == {name: file.read_text(encoding="utf-8") for name, file in expected.items()}


def test_the_same_sources_are_the_same_bytes_without_times(zipped: Path, tmp_path: Path) -> None:
    assert write_py_files(tmp_path / "again.zip").read_bytes() == zipped.read_bytes()
    with zipfile.ZipFile(zipped) as archive:
        assert archive.testzip() is None
        for entry in archive.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert entry.external_attr >> 16 == 0o644


def test_the_users_modules_come_along_but_hide_nothing(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "features.py").write_text("ANSWER = 42\n", encoding="utf-8")
    (own / "notes.txt").write_text("no module", encoding="utf-8")
    (own / "pipeline").mkdir()
    (own / "pipeline" / "errors.py").write_text("raise SystemExit\n", encoding="utf-8")
    found = sources(write_py_files(tmp_path / "with.zip", own))
    assert found.keys() - sources(write_py_files(tmp_path / "without.zip")).keys() == {"features.py"}
    assert found["features.py"] == "ANSWER = 42\n"
    assert "class PipelineError" in found["pipeline/errors.py"]


def test_the_check_of_syntax_sees_newer_syntax() -> None:
    for newer in ("match x:\n case 1: pass", "try: pass\nexcept* OSError: pass"):
        with pytest.raises(SyntaxError):
            ast.parse(newer, feature_version=OLDEST)


def test_every_file_is_python_3_9(zipped: Path) -> None:
    for name, source in sources(zipped).items():
        tree = ast.parse(source, name, feature_version=OLDEST)
        future = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
        assert future or not any(isinstance(node, ast.FunctionDef | ast.AnnAssign) for node in ast.walk(tree)), name
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                newer = {"zip": {"strict"}, "dataclass": {"slots", "kw_only"}}.get(node.func.id, set())
                assert not newer & {keyword.arg for keyword in node.keywords}, f"{name}, line {node.lineno}"
                if node.func.id in ("isinstance", "issubclass"):
                    assert not isinstance(node.args[1], ast.BinOp), f"{name}, line {node.lineno}"


def test_the_spark_side_imports_only_what_a_managed_image_has(zipped: Path) -> None:
    everywhere = {"numpy", "pyspark", "py4j", "pipeline", "spark_jobs"} | (set(sys.stdlib_module_names) - {"tomllib"})
    for name, source in sources(zipped).items():
        if name in ELSEWHERE:
            continue
        allowed = everywhere | ({"awsglue"} if name == "spark_jobs/glue_etl.py" else set())
        for node in ast.walk(ast.parse(source)):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {module.partition(".")[0] for module in modules} <= allowed, name


# No site-packages: the standard library, the zip, NumPy and what is named.
CHILD = """
import sys, json
sys.path[:0] = json.loads(sys.argv[1])
{code}
ours = [module for name, module in sys.modules.items() if name.partition(".")[0] in ("pipeline", "spark_jobs")]
assert ours and all(module.__file__.startswith(sys.path[0]) for module in ours), ours
heavy = {{"pyspark", "pyarrow", "xgboost", "pandas", "pydantic", "typer", "rich", "yaml", "jpype"}} & set(sys.modules)
assert not heavy, heavy
"""


def run(zipped: Path, folder: Path, code: str) -> str:
    """What the code prints in a child that sees the zip, NumPy and the standard library."""
    spec = find_spec("numpy")
    assert spec is not None
    assert spec.origin is not None
    (folder / "site").mkdir()
    (folder / "site" / "numpy").symlink_to(Path(spec.origin).parent)
    (folder / "empty").mkdir()
    search = json.dumps([str(zipped), str(folder / "site")])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", CHILD.format(code=code), search],
        cwd=folder / "empty",
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_every_module_is_imported_from_the_zip_alone(zipped: Path, tmp_path: Path) -> None:
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in sources(zipped)
        if name != "pipeline/schema/arrow.py"
    ]
    code = f"import importlib\nfor name in {modules!r}: importlib.import_module(name)\nprint('imported')"
    assert run(zipped, tmp_path, code) == "imported\n"


def test_the_job_says_its_arguments_from_the_zip_alone(zipped: Path, tmp_path: Path) -> None:
    code = "import spark_jobs.preprocess as job\nprint(job.parser().format_usage())"
    assert run(zipped, tmp_path, code).startswith("usage: preprocess.py")


def test_a_bundle_is_read_and_scored_from_the_zip_alone(zipped: Path, tmp_path: Path) -> None:
    write_files(model_cases.bundle_files(), tmp_path / "b.tar.gz")
    code = f"""
import numpy as np
from pipeline.bundle import read_bundle
from pipeline.columns import Text
node = read_bundle({str(tmp_path / "b.tar.gz")!r}).nodes[0]
made = node.operator.apply([Text(np.array([1, 0], dtype=np.int32), ["M", "größe"])])
print([float(value) for value in made[0].values])
"""
    assert run(zipped, tmp_path, code) == "[1.0, 0.0]\n"
