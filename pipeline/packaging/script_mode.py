"""The fused archive for SageMaker's own XGBoost container: in script mode, with the scorer in the folder code/.

Source: sagemaker-containers. The container copies the folder that SAGEMAKER_SUBMIT_DIRECTORY names to /opt/ml/code,
runs `pip install . -r requirements.txt` there, and imports the module that SAGEMAKER_PROGRAM names. Its XGBoost, NumPy
and pyarrow stay as they are.
"""

from __future__ import annotations

from pathlib import Path

import pipeline
from pipeline.bundle.archive import Files
from pipeline.bundle.pack import write_files
from pipeline.errors import ConfigError

CODE = "code/"
# What the scorer needs beyond what the container has.
REQUIREMENTS = ("orjson>=3.10", "regex>=2024.5")
# The scorer's parts of this package.
PARTS = (
    "__init__.py",
    "errors.py",
    "columns.py",
    "native",
    "schema",
    "operators",
    "bundle",
    "data",
    "scoring",
    "serving",
)

_INFERENCE = '''\
"""What the container calls: the model from its folder, and the reply to a request."""

from pipeline.serving.script_mode import model_fn, transform_fn

__all__ = ["model_fn", "transform_fn"]
'''

# pip fetches setuptools to install a folder, unless the folder brings a builder that needs nothing.
_PYPROJECT = """\
[build-system]
requires = []
build-backend = "build_backend"
backend-path = ["."]
"""


def script_mode_archive(fused: Files, path: Path, wheels: Path | None = None) -> Path:
    """Writes the archive: the files of a fused one, and code/ beside them.

    `wheels` is a folder of wheels that satisfy REQUIREMENTS, for a container without a network. Raises ConfigError
    where it lacks one.
    """
    return write_files({**fused, **code_files(wheels)}, path)


def code_files(wheels: Path | None = None) -> Files:
    """The files of code/."""
    files = {
        "inference.py": _INFERENCE.encode(),
        "pyproject.toml": _PYPROJECT.encode(),
        "build_backend.py": Path(__file__).with_name("build_backend.py").read_bytes(),
        "version.txt": pipeline.__version__.encode() + b"\n",
        "requirements.txt": _requirements(wheels).encode(),
    }
    root = Path(pipeline.__file__).parent
    for part in PARTS:
        place = root / part
        # The kernels as they were built here: a container of another architecture does without.
        for file in [place] if place.is_file() else sorted([*place.rglob("*.py"), *place.rglob("*.so")]):
            files[f"pipeline/{file.relative_to(root).as_posix()}"] = file.read_bytes()
    for wheel in _wheels(wheels):
        files[f"wheels/{wheel.name}"] = wheel.read_bytes()
    return {CODE + name: content for name, content in files.items()}


def _requirements(wheels: Path | None) -> str:
    lines = REQUIREMENTS if wheels is None else ("--no-index", "--find-links wheels", *REQUIREMENTS)
    return "\n".join(lines) + "\n"


def _wheels(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    found = sorted(folder.glob("*.whl"))
    names = {wheel.name.partition("-")[0].lower() for wheel in found}
    missing = [line for line in REQUIREMENTS if line.partition(">")[0] not in names]
    if missing:
        raise ConfigError(f"sagemaker.model.wheels: {folder} has no wheel of {missing[0]}")
    return found
