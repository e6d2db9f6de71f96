"""What the benchmarks are to show: each goal, its peer, and where its figure is found in the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Any]

# AWS's SparkML container (MLeap 0.20.0, Java 17) and XGBoost container, in a chain or alone, on a machine of this size
# with the same features: measured once, the best of their figures. --peer-chain measures such a pair here.
CHAIN_P50_US, CHAIN_REQUESTS = 1600.0, 1290.0
SPARKML_REQUESTS, SPARKML_ROWS = 27_000.0, 99_000.0
CHAIN_START_SECONDS, CHAIN_MB = 7.6, 990.0


@dataclass(frozen=True)
class Goal:
    """`figure` finds a ratio that must be at least `bound`, or with `at_most` at most; None where it was not measured.

    `is_live` says that the peer ran in the same rounds; else it is one of the figures above.
    """

    what: str
    peer: str
    figure: Callable[[Results], float | None]
    bound: float
    at_most: bool = False
    is_live: bool = True

    def reached(self, value: float) -> bool:
        """Whether the figure is good enough."""
        return value <= self.bound if self.at_most else value >= self.bound

    def worse(self, value: float, before: float) -> bool:
        """Whether the figure is more than 15 per cent worse than another."""
        return value > before * 1.15 if self.at_most else value < before / 1.15


def _of(*path: str) -> Callable[[Results], float | None]:
    def figure(results: Results) -> float | None:
        found: Any = results
        for name in path:
            if not isinstance(found, Mapping) or name not in found:
                return None
            found = found[name]
        return float(found)

    return figure


def _over(
    above: Callable[[Results], float | None], below: Callable[[Results], float | None]
) -> Callable[[Results], float | None]:
    def figure(results: Results) -> float | None:
        high, low = above(results), below(results)
        return None if high is None or low is None else high / low

    return figure


def _value(value: float) -> Callable[[Results], float | None]:
    return lambda results: value


def _row(kind: str, peer: str) -> Callable[[Results], float | None]:
    return _over(_of("row", kind, peer), _of("row", kind, "ours"))


def _large(kind: str, what: str) -> Callable[[Results], float | None]:
    return _over(_of("large", kind, what, "peer"), _of("large", kind, what, "ours"))


def _wide(above: str, below: str) -> Callable[[Results], float | None]:
    return _over(_of("wide", above, "features"), _of("wide", below, "features"))


def _http(point: str) -> Callable[[Results], float | None]:
    return _over(_of("serve", "one_row", "row", point), _of("serve", "one_row", "constant", point))


def _rate(name: str, peer: float) -> Callable[[Results], float | None]:
    return _over(_of("serve", "rates", name), _value(peer))


def _flat(results: Results) -> float | None:
    """The largest memory of the longest stream against that of the shortest."""
    runs = results.get("memory")
    return None if not runs else float(runs[-1]["peak_mb"] / runs[0]["peak_mb"])


_ONE, _MLEAP, _ALONE = "one row in process", "MLeap's runtime 0.20.0", "MLeap's runtime 0.20.0, features alone"
_LINES = "1,000 rows a request, JSON lines"

GOALS = (
    Goal(f"{_ONE}: abalone's features and 100 trees", _ALONE, _row("abalone", "mleap_features"), 4),
    Goal(f"{_ONE}: abalone's features and 100 trees, microseconds", "", _of("row", "abalone", "ours"), 3, at_most=True),
    Goal(f"{_ONE}: the same", "`inplace_predict` alone", _row("abalone", "inplace_predict"), 40),
    Goal(f"{_ONE}: the same", "ONNX Runtime, features and trees", _row("abalone", "onnxruntime"), 1),
    Goal(f"{_ONE}: indexers, encoders, scaler, linear regression", _MLEAP, _row("linear", "mleap"), 5),
    Goal(f"{_ONE}: the same with a forest of 20 trees", _MLEAP, _row("forest", "mleap"), 5),
    Goal("one row over HTTP, p50", "a constant from the same server", _http("p50"), 1.2, at_most=True),
    Goal("one row over HTTP, p99", "a constant from the same server", _http("p99"), 1.5, at_most=True),
    Goal(
        "one row over HTTP, p50",
        "AWS's chain of two containers",
        _over(_value(CHAIN_P50_US), _of("serve", "one_row", "row", "p50")),
        15,
        is_live=False,
    ),
    Goal("requests a second, 8 clients, 2 workers", "the chain", _rate("row", CHAIN_REQUESTS), 25, is_live=False),
    Goal(
        "requests a second, 8 clients, 2 workers",
        "AWS's SparkML container, features alone",
        _rate("row", SPARKML_REQUESTS),
        1.3,
        is_live=False,
    ),
    Goal("1,000 rows a request, CSV", "SparkML, JSON lines", _rate("csv_rows", SPARKML_ROWS), 5, is_live=False),
    Goal(
        "1,000 rows a request, JSON lines",
        "SparkML, JSON lines",
        _rate("json_lines_rows", SPARKML_ROWS),
        5,
        is_live=False,
    ),
    Goal(
        "CSV file to predictions, 10 million rows",
        "`inplace_predict` on ready features",
        _of("score", "ratio"),
        1.5,
        True,
    ),
    Goal("the same, largest memory", "a tenth of the rows", _flat, 1.15, at_most=True),
    Goal("wide text, one row", _ALONE, _large("text", "one_row"), 10),
    Goal("wide text, bulk", _ALONE, _large("text", "bulk"), 10),
    Goal("wide text, bulk, memory: four times the words", "the words once", _wide("words", "once"), 5, at_most=True),
    Goal("wide text, bulk, memory: 2^18 features", "2^12 features", _wide("once", "narrow"), 1.15, at_most=True),
    Goal("50 mixed columns, 1,000 trees, one row", "MLeap and `inplace_predict`", _large("mixed", "one_row"), 5),
    Goal("50 mixed columns, 1,000 trees, bulk", "MLeap and `inplace_predict`", _large("mixed", "bulk"), 3),
    Goal("cold start to the first answer, seconds", "", _of("serve", "start", "seconds"), 0.8, at_most=True),
    Goal(
        "cold start to the first answer",
        "the slower container of the chain",
        _over(_value(CHAIN_START_SECONDS), _of("serve", "start", "seconds")),
        10,
        is_live=False,
    ),
    Goal(
        "resident memory of a worker",
        "the chain",
        _over(_value(CHAIN_MB), _of("serve", "start", "resident_mb")),
        6,
        is_live=False,
    ),
)
