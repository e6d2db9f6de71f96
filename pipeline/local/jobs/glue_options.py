"""What a Glue run's arguments ask of Glue itself, and what of them its script gets.

Source: AWS Glue, special parameters of jobs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pipeline.local.jobs.job import JobFailure
from pipeline.local.jobs.spark_options import is_of_machine

_LISTS = {"--extra-py-files": "--py-files", "--extra-jars": "--jars", "--extra-files": "--files"}
_EVENT_LOGS = "--spark-event-logs-path"
_CONF = re.compile(r"\s+--conf\s+")
# Glue's own, which neither its script nor Spark here has a use for.
_IGNORED = (
    "--additional-python-modules",
    "--auto-scale-within-microbatch",
    "--continuous-log-",
    "--customer-driver-env-vars",
    "--customer-executor-env-vars",
    "--datalake-formats",
    "--disable-proxy",
    "--enable-",
    "--job-bookmark-",
    "--python-modules-installer-option",
    "--use-postgres-driver",
    "--user-jars-first",
    "--write-shuffle-",
)


@dataclass
class GlueOptions:
    """`arguments` are the script's, `options` spark-submit's, `settings` Spark's; `ignored` names what is neither."""

    arguments: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    event_logs: str | None = None


def read_options(arguments: Mapping[str, str], localize: Callable[[str], str]) -> GlueOptions:
    """Sorts a run's arguments; `localize` makes URIs local. Raises JobFailure for a script that is no Python."""
    read = GlueOptions()
    for name, value in arguments.items():
        if name in _LISTS:
            read.options[_LISTS[name]] = localize(value)
        elif name == "--conf":
            _add_settings(read, value)
        elif name == _EVENT_LOGS:
            read.event_logs = localize(value)
        elif name in {"--job-language", "--class"}:
            if value != "python":
                raise JobFailure(f"{name} {value}: only scripts in Python are run here")
        elif name.startswith(_IGNORED):
            read.ignored.append(f"{name} {value}".strip())
        else:
            read.arguments += [name, localize(value)]
    return read


def _add_settings(read: GlueOptions, text: str) -> None:
    """Adds `a=1 --conf b=2`, by which Glue takes several settings as one argument."""
    for setting in _CONF.split(text.strip()):
        name, equals, value = setting.partition("=")
        if not equals:
            raise JobFailure(f"--conf {setting}: a setting is name=value")
        if is_of_machine(name):
            read.ignored.append(f"--conf {name}")
        else:
            read.settings[name] = value
