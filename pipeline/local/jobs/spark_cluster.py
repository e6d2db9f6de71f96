"""A Spark standalone cluster for one job: a master and workers, processes on this machine's loopback address."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.jobs.processes import Child, Group
from pipeline.spark.environment import LOOPBACK, daemon_java_options, memory, spark_home

_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"
_URL = re.compile(r"Starting Spark master at (spark://\S+)")
_START_SECONDS = 120


class Cluster:
    """A master with so many workers, started within a group whose end is the cluster's."""

    def __init__(self, group: Group, job: Job, environment: Mapping[str, str], workers: int) -> None:
        self._group, self._job, self._workers = group, job, workers
        self._environment = {
            **environment,
            "SPARK_DAEMON_MEMORY": "512m",
            "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 " + daemon_java_options(job.folder),
        }
        self._folder = job.folder / "workers"
        self.cores = max(1, (os.cpu_count() or 1) // workers)

    def start(self) -> str:
        """Starts master and workers; returns the master's URL as soon as it has one."""
        url: list[str] = []
        known = threading.Event()

        def look(line: str) -> None:
            if found := _URL.search(line):
                url.append(found[1])
                known.set()

        ports = ["--host", LOOPBACK, "--port", "0", "--webui-port", "0"]
        master = [str(spark_home() / "bin" / "spark-class"), _MASTER, *ports]
        self._group.start(Child(master, self._environment, self._job.folder, on_line=look, name="Spark's master"))
        for _ in range(_START_SECONDS * 10):
            if known.wait(0.1):
                break
            self._group.check()
        else:
            raise JobFailure(f"InternalServerError: Spark's master did not start within {_START_SECONDS} s")
        for instance in range(1, self._workers + 1):
            folder = self._folder / str(instance)
            folder.mkdir(parents=True)
            sizes = ["--cores", str(self.cores), "--memory", self.memory, "--work-dir", str(folder)]
            command = [str(spark_home() / "bin" / "spark-class"), _WORKER, *ports, *sizes, url[0]]
            name = f"Spark's worker on algo-{instance}"
            self._group.start(Child(command, self._environment, self._job.folder, instance=instance, name=name))
        return url[0]

    @property
    def memory(self) -> str:
        """What each worker gives its executor."""
        return memory(self._workers + 1)

    def settings(self) -> dict[str, str]:
        """What a driver needs to use all of the cluster."""
        return {
            "spark.executor.memory": self.memory,
            "spark.executor.extraJavaOptions": daemon_java_options(self._job.folder),
            # The job begins when every worker has its executor, as it would find them on AWS.
            "spark.scheduler.minRegisteredResourcesRatio": "1.0",
            "spark.scheduler.maxRegisteredResourcesWaitingTime": f"{_START_SECONDS}s",
            "spark.cores.max": str(self.cores * self._workers),
        }

    @contextmanager
    def executor_logs(self) -> Iterator[None]:
        """Adds what the executors wrote to the job's log, each to its instance's, when the job ends."""
        logs = {"stdout": self._job.log, "stderr": self._job.log_error or self._job.log}
        try:
            yield
        finally:
            for file in sorted(self._folder.glob("*/app-*/*/std*")):
                instance = int(file.relative_to(self._folder).parts[0])
                for line in _lines(file):
                    logs[file.name](instance, line)


def _lines(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            yield line.rstrip("\n")
