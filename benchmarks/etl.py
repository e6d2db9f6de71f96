"""ETL: the processing job against a bare Spark job that only reads and writes the same file.

    python -m benchmarks.etl [--rows 4177 1000000 10000000] [--rounds 3] [--output results.json]

Both run under spark-submit, in turn; figures are wall seconds, the job's from its upload to its output in S3 by way of
the local service.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pipeline.config import load_config
from pipeline.java import java_environment
from pipeline.plan import plan_requests
from pipeline.run.data import load_function
from pipeline.run.place import config_here, settings_here
from pipeline.run.service import running_service
from pipeline.sending.clients import Clients
from pipeline.sending.send import follow_step, send_step, send_uploads

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "abalone"
_SAMPLE_ROWS = 4177


def rows_file(count: int, folder: Path) -> Path:
    """Made-up abalone, `count` rows: a sample repeated, each row a little other."""
    sample = list(load_function(EXAMPLE, "sample", "generate")(_SAMPLE_ROWS, 1))
    path = folder / f"{count}.csv"
    with path.open("w", encoding="utf-8") as stream:
        for at in range(count):
            sex, length, *rest = sample[at % len(sample)]
            stream.write(f"{sex},{length + at % 97 / 1e5:.5f},{','.join(map(str, rest))}\n")
    return path


def seconds(call: Any) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def job(clients: Clients, source: Path, key: str) -> None:
    """The processing job of abalone's pipeline file."""
    file = EXAMPLE / "pipeline.yml"
    config = config_here(load_config(file))
    plan = plan_requests(config, file, settings_here(), key, rows=source)
    step = plan.step("processing")
    assert step is not None
    send_uploads(plan, clients)
    follow_step(send_step(step, config, clients, _ignore), clients, _ignore)


def _ignore(line: str) -> None:
    pass


def bare(source: Path, output: Path) -> None:
    """The peer: one spark-submit of benchmarks/bare_spark.py."""
    import pyspark

    home = Path(pyspark.__file__).parent
    environment = {**java_environment(), "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
    environment |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
    command = [str(home / "bin" / "spark-submit"), "--master", "local[*]", "--conf", "spark.ui.enabled=false"]
    command += [str(Path(__file__).with_name("bare_spark.py")), str(source), str(output)]
    subprocess.run(command, env=environment, check=True, capture_output=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, nargs="+", default=[_SAMPLE_ROWS, 1_000_000])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "etl.json")
    options = arguments.parse_args()
    config = config_here(load_config(EXAMPLE / "pipeline.yml"))
    results = []
    with tempfile.TemporaryDirectory() as name, running_service(config, Path(name) / "service") as clients:
        folder = Path(name)
        for count in options.rows:
            source = rows_file(count, folder)
            figures: dict[str, list[float]] = {"job": [], "bare": []}
            for turn in range(options.rounds):
                key = f"{count}-{turn}"
                figures["job"].append(seconds(lambda s=source, k=key: job(clients, s, k)))
                figures["bare"].append(seconds(lambda s=source, k=key: bare(s, folder / k)))
            middle = {key: statistics.median(values) for key, values in figures.items()}
            ratio = middle["job"] / middle["bare"]
            results.append({"rows": count, "seconds": figures, "median": middle, "ratio": ratio})
            print(f"{count:>12,} rows: job {middle['job']:6.1f} s, bare {middle['bare']:6.1f} s, {ratio:.2f} x")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps({"benchmark": "etl", "results": results}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
