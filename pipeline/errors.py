"""Every error a user can meet: one base class that carries a code, an HTTP status and a hint.

The message says what was found and where; the hint says what to do about it. Command line, server and
Spark jobs print the same `str(error)`, so a failure reads alike wherever it happens.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple, Type


class PipelineError(Exception):
    """Base of all errors raised on purpose; anything else that escapes is a defect of this project."""

    code = "PipelineError"
    http_status = 500

    def __init__(self, message: str, *, hint: Optional[str] = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message

    def __reduce__(self) -> Any:
        return (_restore, (type(self), self.args, dict(self.__dict__)))

    def to_dict(self) -> Dict[str, Any]:
        """The error as JSON-ready data: `code`, `message`, and `hint` where there is one."""
        document: Dict[str, Any] = {"code": self.code, "message": self.message}
        if self.hint:
            document["hint"] = self.hint
        return document


def _restore(kind: Type[PipelineError], args: Tuple[Any, ...], state: Dict[str, Any]) -> PipelineError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigError(PipelineError):
    """A pipeline file with a wrong key or value; names the key, what was found and what is allowed."""

    code = "ConfigError"
    http_status = 400


class SchemaError(PipelineError):
    """A data contract that contradicts itself or cannot be read."""

    code = "SchemaError"
    http_status = 400


class DataError(PipelineError):
    """Data that does not fit its contract.

    `row` counts data rows from 1 (a header is not a row), `column` is the contract's name, `value` is what
    was found and `expected` what the contract allows.
    """

    code = "DataError"
    http_status = 400

    def __init__(
        self,
        problem: str,
        *,
        row: Optional[int] = None,
        column: Optional[str] = None,
        value: Any = None,
        expected: Optional[str] = None,
        source: Optional[str] = None,
        hint: Optional[str] = None,
    ) -> None:
        places = [source] if source else []
        if row is not None:
            places.append(f"row {row}")
        if column is not None:
            places.append(f"column {column!r}")
        message = f"{', '.join(places)}: {problem}" if places else problem
        if expected:
            message += f"; expected {expected}"
        super().__init__(message, hint=hint)
        self.problem = problem
        self.row = row
        self.column = column
        self.value = value
        self.expected = expected
        self.source = source

    def in_source(self, source: str) -> "DataError":
        """The same error with the file's name in front."""
        return DataError(
            self.problem,
            row=self.row,
            column=self.column,
            value=self.value,
            expected=self.expected,
            source=source,
            hint=self.hint,
        )

    def to_dict(self) -> Dict[str, Any]:
        document = super().to_dict()
        for key in ("row", "column", "value", "expected"):
            found = getattr(self, key)
            if found is not None:
                document[key] = found
        return document


class BundleError(PipelineError):
    """A bundle that is broken, hostile or not Bundle.ML; names the path inside the bundle."""

    code = "BundleError"
    http_status = 400


class UnknownOperatorError(BundleError):
    """A node whose operator is not known here; lists the known ones."""

    code = "UnknownOperator"


class UnsupportedStageError(PipelineError):
    """A fitted Spark stage, or a parameter of one, that the bundle writer cannot express."""

    code = "UnsupportedStage"
    http_status = 400


class ModelError(PipelineError):
    """A model file or archive that cannot be loaded, or does not belong to its features."""

    code = "ModelError"


class TrainingError(PipelineError):
    """Hyperparameters or channels that training refuses; raised before any round is spent."""

    code = "TrainingError"
    http_status = 400


class RequirementError(PipelineError):
    """Something this machine lacks: Java, a package, a jar that could not be had."""

    code = "RequirementError"


class StepError(PipelineError):
    """A step of a run that failed; says which step and why."""

    code = "StepError"

    def __init__(self, step: str, message: str, *, hint: Optional[str] = None) -> None:
        super().__init__(f"step {step}: {message}", hint=hint)
        self.step = step


class DeploymentError(PipelineError):
    """A CloudFormation stack that was not created, updated or deleted; names the first resource that failed."""

    code = "DeploymentError"


class NotAcceptableError(PipelineError):
    """None of the media types in a request's `Accept` can be produced."""

    code = "NotAcceptable"
    http_status = 406


class UnsupportedMediaTypeError(PipelineError):
    """A request body of a media type that is not read here."""

    code = "UnsupportedMediaType"
    http_status = 415


class PayloadTooLargeError(PipelineError):
    """A request body above the server's limit."""

    code = "PayloadTooLarge"
    http_status = 413


class BusyError(PipelineError):
    """A request that a server does not take on now, because others are still being answered."""

    code = "ServiceUnavailable"
    http_status = 503
