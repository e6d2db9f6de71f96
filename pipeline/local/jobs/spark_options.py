"""What a processing request asks of the Spark image: smspark-submit's command line, and configuration.json.

Source: the managed image's own command line, and EMR's configuration classifications.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.local.jobs.job import JobFailure

_LISTS = ("--jars", "--py-files", "--files")
_OPTIONS = (*_LISTS, "--class", "--spark-event-logs-s3-uri", "--local-spark-event-logs-dir")

# Sizes of the instances that the job was written for, and what this service sets itself.
_MACHINE = (
    "spark.master",
    "spark.submit.deployMode",
    "spark.driver.memory",
    "spark.driver.cores",
    "spark.driver.host",
    "spark.driver.bindAddress",
    "spark.executor.memory",
    "spark.executor.cores",
    "spark.executor.instances",
    "spark.cores.max",
    "spark.dynamicAllocation",
    "spark.yarn",
    "spark.pyspark",
    "spark.local.dir",
)
# The image's own programs, which are elsewhere here.
_HOMES = frozenset({"JAVA_HOME", "SPARK_HOME", "HADOOP_HOME", "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"})


@dataclass(frozen=True)
class Submission:
    """smspark-submit's arguments: options that Spark's own takes too, the program and its arguments."""

    program: str
    arguments: Sequence[str]
    options: dict[str, str]
    verbose: bool = False
    event_logs_folder: str | None = None
    event_logs_uri: str | None = None


@dataclass
class Configuration:
    """configuration.json: settings for Spark, variables of the environment, and what has no meaning here."""

    settings: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)


def read_submission(specification: dict[str, Any], localize: Callable[[str], str]) -> Submission:
    """Reads an AppSpecification; `localize` makes paths and URIs local. Raises JobFailure as the image would exit."""
    words = [
        *specification.get("ContainerEntrypoint", ["smspark-submit"]),
        *specification.get("ContainerArguments", ()),
    ]
    program, *words = words
    if PurePosixPath(program).name != "smspark-submit":
        raise JobFailure(f"ClientError: {program} is not run here", hint="the Spark image's program is smspark-submit")
    found: dict[str, str] = {}
    verbose = False
    while words and words[0].startswith("-"):
        option, _, value = words.pop(0).partition("=")
        if option in {"-v", "--verbose"}:
            verbose = True
            continue
        if option not in _OPTIONS:
            raise JobFailure(
                f"CustomerError: smspark-submit has no option {option}", hint=f"it has {', '.join(_OPTIONS)}"
            )
        if not value and not words:
            raise JobFailure(f"CustomerError: smspark-submit's option {option} has no value")
        found[option] = localize(value or words.pop(0))
    if not words:
        raise JobFailure("CustomerError: smspark-submit is given no program")
    return Submission(
        program=localize(words[0]),
        arguments=[localize(word) for word in words[1:]],
        options={name: value for name, value in found.items() if name in {*_LISTS, "--class"}},
        verbose=verbose,
        event_logs_folder=found.get("--local-spark-event-logs-dir"),
        event_logs_uri=found.get("--spark-event-logs-s3-uri"),
    )


def is_of_machine(setting: str) -> bool:
    """Whether a setting of Spark's says how large or where its machines are, which are others here."""
    return setting.startswith(_MACHINE)


def expand_lists(options: dict[str, str]) -> dict[str, str]:
    """The options with the files of folders in the folders' places; raises JobFailure for what is not there."""
    return {name: _files(name, value) if name in _LISTS else value for name, value in options.items()}


def _files(option: str, value: str) -> str:
    files: list[str] = []
    for name in value.split(","):
        path = Path(name.removeprefix("file://"))
        found = sorted(str(file) for file in path.iterdir() if file.is_file()) if path.is_dir() else [str(path)]
        if not path.exists() or not found:
            raise JobFailure(f"CustomerError: {option}: there is no file at {name}")
        files += found
    return ",".join(files)


def read_configuration(file: Path, localize: Callable[[str], str]) -> Configuration:
    """Reads a job's configuration.json, where there is one; `localize` makes paths in it local.

    Raises JobFailure for one that cannot be read.
    """
    read = Configuration()
    if not file.exists():
        return read
    try:
        document = json.loads(file.read_bytes())
        for entry in document if isinstance(document, list) else [document]:
            properties = {key: localize(str(value)) for key, value in entry.get("Properties", {}).items()}
            exports = [export.get("Properties", {}) for export in entry.get("Configurations", ())]
            variables = {key: localize(str(value)) for export in exports for key, value in export.items()}
            _add(read, entry["Classification"], properties, variables)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JobFailure(
            f"CustomerError: configuration.json cannot be read: {error!r}",
            hint='it is a list of {"Classification": ..., "Properties": {...}}',
        ) from error
    return read


def _add(read: Configuration, name: str, properties: dict[str, str], variables: dict[str, str]) -> None:
    """Adds one classification."""
    if name == "spark-defaults":
        read.ignored += [key for key in properties if is_of_machine(key)]
        read.settings |= {key: value for key, value in properties.items() if not is_of_machine(key)}
    elif name == "core-site":
        read.settings |= {f"spark.hadoop.{key}": value for key, value in properties.items()}
    elif name == "spark-env":
        read.ignored += sorted(_HOMES & variables.keys())
        read.environment |= {key: value for key, value in variables.items() if key not in _HOMES}
    else:
        read.ignored.append(name)
