"""A program of Spark's run to its end by spark-submit, on this machine's cores or on a cluster of processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from pipeline.local.jobs.job import Job
from pipeline.local.jobs.processes import Child, Group
from pipeline.local.jobs.spark_cluster import Cluster
from pipeline.local.jobs.spark_options import expand_lists
from pipeline.spark.environment import driver_java_options, settings, spark_environment, spark_home


@dataclass(frozen=True)
class Program:
    """What is run: `options` are spark-submit's own, such as --py-files, `settings` Spark's.

    `environment` is beside the job's, which has the last word on AWS.
    """

    file: str
    arguments: Sequence[str]
    options: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    verbose: bool = False


def spark_submit(job: Job, program: Program, *, workers: int, size: int) -> None:
    """Runs a program that reads `size` bytes; several workers are a Spark standalone cluster.

    Raises ProcessFailure where it fails, JobFailure where the job is stopped or an option names what is not there.
    """
    environment = {
        **job.environment,
        **program.environment,
        **{name: value for name, value in job.environment.items() if name.startswith("AWS_")},
        **spark_environment(job.folder),
    }
    with Group(job) as group, driver_java_options(job.folder, size, program.settings) as java_options:
        cluster = Cluster(group, job, environment, workers) if workers > 1 else None
        master = cluster.start() if cluster is not None else "local[*]"
        chosen = {
            **settings(job.folder, cores=workers * (cluster.cores if cluster is not None else 1), size=size),
            **(cluster.settings() if cluster is not None else {}),
            **program.settings,
            "spark.driver.extraJavaOptions": java_options,
        }
        command = [str(spark_home() / "bin" / "spark-submit"), "--master", master]
        for name, value in chosen.items():
            command += ["--conf", f"{name}={value}"]
        for name, value in expand_lists(dict(program.options)).items():
            command += [name, value]
        command += ["--verbose"] if program.verbose else []
        command += [program.file, *program.arguments]
        with cluster.executor_logs() if cluster is not None else nullcontext():
            driver = group.start(Child(command, environment, job.folder, name="Spark's driver"))
            group.wait([driver])
