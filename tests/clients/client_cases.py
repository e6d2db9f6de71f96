"""The two examples as tasks for clients, and clients as processes of their own, each in its own environment."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from service_cases import ROLE
from tests_paths import ROOT

from pipeline.config import load_config
from pipeline.packaging.py_files import spark_jobs_folder, write_py_files
from pipeline.plan.containers import LONGEST_VARIABLE
from pipeline.plan.job_arguments import hyperparameters, job_arguments
from pipeline.schema import load_schema
from pipeline.schema.contract import Column
from pipeline.schema.sparkml import sparkml_schema_text

SECONDS = 900
ASKED = 25
DATA = ROOT.parent / "shared" / "data"
PROGRAMS = Path(__file__).parent
PYTHONS = {
    "boto3": Path(sys.executable),
    "sdk3": ROOT / ".venv-sdk3" / "bin" / "python",
    "sdk2": ROOT / ".venv-sdk2" / "bin" / "python",
}
_ROWS = {"abalone": "abalone.csv", "churn": "customer-churn-encoded.csv"}
_CLI = "import sys\nsys.argv[0] = 'inference-pipeline'\nfrom pipeline.cli.main import main\nmain()"


class Task(TypedDict):
    """What a client's program is told.

    `name` begins the names of all it makes, `folder` has rows.csv, schema.json, preprocess.py and py-files.zip.
    `arguments` and `hyperparameters` are the jobs'. The SparkML container learns the schema from `sparkml_environment`,
    or each request brings `request_schema` where it does not fit. `asked` is how many rows the endpoint is asked for.
    """

    name: str
    bucket: str
    folder: str
    role: str
    arguments: list[str]
    hyperparameters: dict[str, str]
    sparkml_environment: dict[str, str]
    request_schema: Any
    asked: int


class Answers(TypedDict):
    """Predictions of the first rows of the test split by the endpoint, and of all by a transform job."""

    endpoint: list[str]
    batch: list[str] | None


@dataclass(frozen=True)
class Client:
    """Runs programs with nothing set but these variables, besides what a shell has."""

    variables: dict[str, str]
    bucket: str
    work: Path

    def converse(self, client: str, example: str) -> Answers:
        """The answers that a client's program got."""
        name = f"{example}-{client}"
        task, answers = self.work / f"{name}.json", self.work / f"{name}-answers.json"
        task.write_text(json.dumps(_task(example, name, self.bucket, self.work / example)))
        self._run([str(PYTHONS[client]), str(PROGRAMS / f"{client}_program.py"), str(task), str(answers)])
        found: Answers = json.loads(answers.read_text())
        return found

    def run(self, example: str) -> None:
        """`inference-pipeline run` of an example, on SageMaker."""
        rows = self.work / example / "rows.csv"
        options = ["--target", "sagemaker", "--run-key", "run", "--input", str(rows)]
        self._run([sys.executable, "-c", _CLI, "run", str(_file(example)), *options])

    def _run(self, command: list[str]) -> None:
        own = {name: value for name, value in os.environ.items() if not re.match("AWS_|SAGEMAKER_", name)}
        ended = subprocess.run(
            command, env={**own, **self.variables}, cwd=self.work, capture_output=True, text=True, timeout=SECONDS,
            check=False,
        )  # fmt: skip
        assert ended.returncode == 0, f"{ended.stdout[-4000:]}\n{ended.stderr[-8000:]}"


def is_there(example: str) -> bool:
    """Whether there are rows of an example: those of abalone are made up where the real ones are not."""
    return example == "abalone" or (DATA / _ROWS[example]).exists()


def write_inputs(example: str, folder: Path) -> None:
    """Writes what the Spark job of an example needs into a new folder."""
    folder.mkdir()
    config = load_config(_file(example))
    if (DATA / _ROWS[example]).exists():
        shutil.copy(DATA / _ROWS[example], folder / "rows.csv")
    else:
        _sample(folder / "rows.csv")
    shutil.copy(config.data.schema_file, folder / "schema.json")
    shutil.copy(spark_jobs_folder() / "preprocess.py", folder)
    write_py_files(folder / "py-files.zip", _file(example).parent)


def _file(example: str) -> Path:
    return ROOT / "examples" / example / "pipeline.yml"


def _task(example: str, name: str, bucket: str, folder: Path) -> Task:
    config = load_config(_file(example))
    schema = load_schema(config.data.schema_file)
    sparkml = sparkml_schema_text(schema, Column(config.features.column, "double", struct="vector"))
    fits = len(sparkml) <= LONGEST_VARIABLE
    places = "file:///opt/ml/processing"
    # Spark's own features beside the rows are for `run` to verify.
    plain = config.model_copy(update={"verification": config.verification.model_copy(update={"rows": 0})})
    arguments = job_arguments(
        plain, source=f"{places}/input/rows", schema=f"{places}/input/schema/schema.json", output=f"{places}/output"
    )
    return {
        "name": name,
        "bucket": bucket,
        "folder": str(folder),
        "role": ROLE,
        "arguments": arguments,
        "hyperparameters": hyperparameters(config),
        "sparkml_environment": {"SAGEMAKER_SPARKML_SCHEMA": sparkml} if fits else {},
        "request_schema": None if fits else json.loads(sparkml),
        "asked": ASKED,
    }


def _sample(path: Path) -> None:
    spec = importlib.util.spec_from_file_location("abalone_sample", ROOT / "examples" / "abalone" / "sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with path.open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(module.generate(2000, 3))
