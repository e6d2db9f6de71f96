"""A training job's metrics, read out of what its program says."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.local.jobs.job import JobFailure

# The built-in XGBoost's lines: `[3]<tab>train-rmse:2.10000<tab>validation-rmse:2.40000`.
_ROUND = re.compile(r"\[\d+\](?:\t\w+-[^\t]+:[^\t:]+)+")
# The built-in factorization machines' lines, of an epoch or of the test channel at the end.
_QUALITY = re.compile(r"#quality_metric: host=\S+, (?:epoch=\d+, )?(\w+) (\S+) <\w+>=(\S+)")
# As metrics they are called otherwise.
_CALLED = {"binary_f_1.000": "binary_f_beta"}
_SCORE = re.compile(r"\t(\w+)-([^\t]+):([^\t:]+)")

# Not the API's: tuning jobs watch it.
SERIES = "MetricSeries"

_MOST = 40  # metrics that a description holds


class MetricLog:
    """Collects values by metric name, from lines that any thread may hand in.

    Metrics are those of the definitions (`Name` and `Regex`, whose first group is the value) and the built-in
    algorithms', named as SageMaker does: `validation:rmse`. What is no finite number counts as not said. Raises
    JobFailure for a regular expression that is none.
    """

    def __init__(self, definitions: Iterable[Mapping[str, str]] = ()) -> None:
        self._patterns = [(each["Name"], _pattern(each)) for each in definitions]
        self._series: dict[str, list[float]] = {}
        self._times: dict[str, float] = {}
        self._lock = threading.Lock()

    def read(self, line: str) -> bool:
        """Takes in one line; true where it had a metric."""
        found = [(f"{channel}:{name}", value) for channel, name, value in _round_scores(line)]
        # CloudWatch shows a tabulator as #011, and patterns are written by what it shows.
        for text in dict.fromkeys((line, line.replace("\t", "#011"))):
            for name, pattern in self._patterns:
                match = pattern.search(text)
                if match and match.groups() and name not in dict(found):
                    found.append((name, match[1]))
        added = [self._add(name, value) for name, value in found]
        return any(added)

    def _add(self, name: str, text: str) -> bool:
        try:
            value = float(text)
        except (TypeError, ValueError):
            return False
        if not math.isfinite(value):
            return False
        with self._lock:
            self._series.setdefault(name, []).append(value)
            self._times[name] = time.time()
        return True

    def fields(self) -> dict[str, Any]:
        """For the job's description: FinalMetricDataList, and all values so far by name."""
        with self._lock:
            series = {name: list(values) for name, values in self._series.items()}
            final = [
                {"MetricName": name, "Value": values[-1], "Timestamp": self._times[name]}
                for name, values in series.items()
            ]
        return {"FinalMetricDataList": final[:_MOST], SERIES: series} if final else {}


def _round_scores(line: str) -> list[tuple[str, str, str]]:
    quality = _QUALITY.search(line)
    if quality is not None:
        channel, name, value = quality.groups()
        return [(channel, _CALLED.get(name, name), value)]
    return _SCORE.findall(line) if _ROUND.fullmatch(line) else []


def _pattern(definition: Mapping[str, str]) -> re.Pattern[str]:
    try:
        return re.compile(definition["Regex"])
    except re.error as error:
        raise JobFailure(f"ClientError: the Regex of metric {definition['Name']} is none: {error}") from error
