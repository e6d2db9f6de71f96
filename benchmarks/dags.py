"""What 50 pipeline files cost Airflow's DAG processor each time, beside Airflow's own import.

python -m benchmarks.dags

Runs in the environment of `make test-airflow`. Each round is a fresh process, as Airflow's own are.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-airflow" / "bin" / "python"
FILES, ROUNDS = 50, 5

# Each phase in seconds of the processor: Airflow with the provider's operators, the DAGs, the errors, if any.
_PROCESS = """
import json, sys, time
from pathlib import Path
clock = time.process_time()
import airflow.providers.amazon.aws.operators.sagemaker
from airflow.dag_processing.dagbag import BundleDagBag
seconds = {"airflow": time.process_time() - clock}
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
for phase in ("pipelines", "pipeline_errors"):
    clock = time.process_time()
    bag = BundleDagBag(str(folder / f"{phase}.py"), bundle_path=folder, bundle_name="dags", load_op_links=False)
    seconds[phase] = time.process_time() - clock
    assert not bag.import_errors, bag.import_errors
    assert len(bag.dags) == (int(sys.argv[2]) if phase == "pipelines" else 0), bag.dags
print("seconds:", json.dumps(seconds))
"""


def main() -> None:
    """Prints the median of each phase, and writes all of them to benchmarks/results/dags.json."""
    if not PYTHON.exists():
        sys.exit(f"{PYTHON} is not there: make test-airflow makes it")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_files(folder / "pipelines")
        environment = {
            **os.environ,
            "AIRFLOW_HOME": str(folder / "home"),
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            "INFERENCE_PIPELINES": str(folder / "pipelines"),
        }
        rounds = [_round(environment) for _ in range(ROUNDS)]
    medians = {phase: statistics.median(each[phase] for each in rounds) for phase in rounds[0]}
    for phase, seconds in medians.items():
        print(f"{phase:<16} {seconds:6.2f} s")
    results = ROOT / "benchmarks" / "results"
    results.mkdir(exist_ok=True)
    document = {"files": FILES, "rounds": rounds, "median_seconds": medians}
    (results / "dags.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _round(environment: dict[str, str]) -> dict[str, float]:
    command = [str(PYTHON), "-W", "ignore", "-c", _PROCESS, str(ROOT / "dags"), str(FILES)]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    found: dict[str, float] = json.loads(said.rpartition("seconds: ")[2])
    return found


def _write_files(folder: Path) -> None:
    """The abalone example under other names; with a gate and a schedule, as one would have them."""
    folder.mkdir()
    example = (ROOT / "examples" / "abalone" / "pipeline.yml").read_text(encoding="utf-8")
    for at in range(FILES):
        text = example.replace("name: abalone\n", f"name: pipeline-{at}\n", 1)
        text = text.replace("../../schemas/abalone.json", str(ROOT / "schemas" / "abalone.json"))
        if "\ngate:" not in text:
            text += "\ngate: {metric: rmse, at_most: 3}\n"
        if "\nairflow:" not in text:
            text += "\nairflow: {schedule: '@daily', tags: [example]}\n"
        (folder / f"pipeline-{at}.yml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
