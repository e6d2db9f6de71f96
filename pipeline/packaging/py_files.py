"""The Spark side as one zip for `spark-submit --py-files`.

    python -m pipeline.packaging.py_files py-files.zip

writes the zip that the jobs for clusters need, `batch_score.py` and `train.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pipeline
from pipeline.bundle.pack import write_files

# What the job imports: standard library, NumPy and pyspark only.
SPARK_SIDE = ("__init__.py", "errors.py", "columns.py", "native", "schema", "operators", "bundle", "recordio")
# What it imports besides where MLeap itself writes the bundle.
MLEAP_SIDE = ("cache.py", "mleap/__init__.py", "mleap/serializer.py", "mleap/jars.py")
# What scores and trains on a cluster: Python 3.11, with the packages that docs/scaling.md names.
CLUSTER_SIDE = ("data", "scoring", "batch", "training")


def write_py_files(path: Path, modules: Path | None = None, *, more: tuple[str, ...] = ()) -> Path:
    """Writes the zip: `pipeline`'s Spark side, `spark_jobs`, and the Python files of the folder `modules`.

    `more` are further parts of `pipeline`, such as CLUSTER_SIDE.
    """
    root = Path(pipeline.__file__).parent
    sources: dict[str, Path] = {}
    for part in (*SPARK_SIDE, *MLEAP_SIDE, *more):
        place = root / part
        for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
            sources[f"pipeline/{file.relative_to(root).as_posix()}"] = file
    for file in sorted(spark_jobs_folder().glob("*.py")):
        sources[f"spark_jobs/{file.name}"] = file
    for file in sorted(modules.glob("*.py")) if modules is not None else []:
        sources.setdefault(file.name, file)
    return write_files({name: file.read_bytes() for name, file in sources.items()}, path)


def spark_jobs_folder() -> Path:
    """Where the jobs' files are, in a checkout as in an installed package."""
    return Path(pipeline.__file__).parent.parent / "spark_jobs"


if __name__ == "__main__":
    write_py_files(Path(sys.argv[1]), more=CLUSTER_SIDE)
