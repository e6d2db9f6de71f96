"""How an endpoint is set up: arguments over SageMaker's environment variables over defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ConfigError

MIB = 1 << 20
PORTS, WORKERS, TIMEOUTS = (0, 65535), (1, 256), (1, 3600)
_LOOPBACK, _EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - a container's endpoint is called from outside of it


@dataclass(frozen=True)
class Settings:
    """What the server and its requests need to know.

    `timeout` is the seconds that a request may take to arrive; its default is that of SageMaker for an invocation.
    `default_accept` is the reply's media type where a request names none, `output` the contents of a prediction,
    `sparkml_schema` AWS's {"input", "output"} document, which overrides the archive's contract; empty where not set.
    `access_log` writes a line of JSON for each invocation to standard error. `metrics_port` is where Prometheus finds
    metrics, on the same host; nothing is counted where it is None.
    """

    host: str = _LOOPBACK
    port: int = 8080
    workers: int = 1
    timeout: int = 60
    max_payload_mb: int = 6
    default_accept: str = ""
    output: tuple[str, ...] = ()
    sparkml_schema: str = ""
    ignore_surplus: bool = False
    metrics_port: int | None = None
    access_log: bool = False

    @property
    def max_payload(self) -> int:
        """The largest request body in bytes."""
        return self.max_payload_mb * MIB

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **arguments: Any) -> Settings:
        """Reads SAGEMAKER_* and INFERENCE_PIPELINE_* variables; an argument that is not None wins. Raises ConfigError.

        SAGEMAKER_BIND_TO_PORT says that this is a container: then all interfaces are bound. SAGEMAKER_BATCH, which
        changes replies of AWS's container, changes nothing: replies are the same in both uses.
        """
        found: dict[str, Any] = {
            "port": _number(environment, "SAGEMAKER_BIND_TO_PORT", *PORTS),
            "workers": _number(environment, "SAGEMAKER_MODEL_SERVER_WORKERS", *WORKERS),
            "timeout": _number(environment, "SAGEMAKER_MODEL_SERVER_TIMEOUT", *TIMEOUTS),
            "max_payload_mb": _number(environment, "SAGEMAKER_MAX_PAYLOAD_IN_MB", 1, 1024),
            "metrics_port": _number(environment, "INFERENCE_PIPELINE_METRICS_PORT", *PORTS),
            "access_log": bool(_number(environment, "INFERENCE_PIPELINE_ACCESS_LOG", 0, 1)),
            "default_accept": environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "").strip(),
            "output": words(environment.get("SAGEMAKER_INFERENCE_OUTPUT", "")),
            "sparkml_schema": environment.get("SAGEMAKER_SPARKML_SCHEMA", "").strip(),
        }
        if found["port"] is not None:
            found["host"] = _EVERYWHERE
        found.update({name: value for name, value in arguments.items() if value is not None})
        return cls(**{name: value for name, value in found.items() if value is not None})


def whole(text: str, low: int, high: int) -> int:
    """The whole number that a text says; ValueError for another or one out of bounds."""
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise ValueError(f"{text!r}; expected a whole number from {low} to {high}")
    return int(text)


def words(text: str) -> tuple[str, ...]:
    """The words between commas, in lower case."""
    return tuple(word.strip().lower() for word in text.split(",") if word.strip())


def _number(environment: Mapping[str, str], name: str, low: int, high: int) -> int | None:
    text = environment.get(name, "").strip()
    try:
        return whole(text, low, high) if text else None
    except ValueError as error:
        raise ConfigError(f"{name} is {error}") from error
