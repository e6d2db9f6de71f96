"""Every error of the project: its code, status, hint and wording, and that it crosses processes whole."""

from __future__ import annotations

import copy
import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from multiprocessing import get_context
from typing import Any

import pytest

from pipeline.errors import (
    BundleError,
    BusyError,
    ConfigError,
    DataError,
    DeploymentError,
    ModelError,
    NotAcceptableError,
    PayloadTooLargeError,
    PipelineError,
    RequirementError,
    SchemaError,
    StepError,
    TrainingError,
    UnknownOperatorError,
    UnsupportedMediaTypeError,
    UnsupportedStageError,
)
from pipeline.operators.base import RowError

# What a caller of the command line or the endpoint may rely on.
CODES: dict[type[PipelineError], tuple[str, int]] = {
    PipelineError: ("PipelineError", 500),
    ConfigError: ("ConfigError", 400),
    SchemaError: ("SchemaError", 400),
    DataError: ("DataError", 400),
    BundleError: ("BundleError", 400),
    UnknownOperatorError: ("UnknownOperator", 400),
    UnsupportedStageError: ("UnsupportedStage", 400),
    ModelError: ("ModelError", 500),
    TrainingError: ("TrainingError", 400),
    RequirementError: ("RequirementError", 500),
    StepError: ("StepError", 500),
    DeploymentError: ("DeploymentError", 500),
    NotAcceptableError: ("NotAcceptable", 406),
    UnsupportedMediaTypeError: ("UnsupportedMediaType", 415),
    PayloadTooLargeError: ("PayloadTooLarge", 413),
    BusyError: ("ServiceUnavailable", 503),
    RowError: ("RowError", 400),
}
ALL = pytest.mark.parametrize("kind", CODES)


def made(kind: type[PipelineError], hint: str | None = "do this") -> PipelineError:
    """An error of the kind with all that its constructor takes."""
    if kind is StepError:
        return StepError("train", "it broke", hint=hint)
    if kind is RowError:
        error = RowError("it broke", row=3, place=1, value=float("inf"), expected="a number")
        error.hint = hint
        return error
    if kind is DataError:
        return DataError("it broke", row=3, column="größe", value=["x"], expected="a number", source="a.csv", hint=hint)
    return kind("it broke", hint=hint)


def kinds(kind: type[PipelineError] = PipelineError) -> set[type[PipelineError]]:
    return {kind}.union(*(kinds(one) for one in kind.__subclasses__()))


def is_ours(kind: type[PipelineError]) -> bool:
    """Whether the code is the project's own; the local SageMaker's are AWS's."""
    return kind.__module__.startswith("pipeline.") and not kind.__module__.startswith("pipeline.local.")


def test_every_error_stands_in_the_table() -> None:
    ours = {kind for kind in kinds() if is_ours(kind)}
    assert {kind for kind in ours if kind.__module__ == "pipeline.errors"} <= CODES.keys()
    # Others may subclass where they must, but say so with a code of their own.
    assert all("code" in vars(kind) for kind in ours)


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in kinds() if is_ours(kind)]
    assert len(set(codes)) == len(codes)


@ALL
def test_an_error_has_its_code_and_status(kind: type[PipelineError]) -> None:
    assert (kind.code, kind.http_status) == CODES[kind]
    assert issubclass(kind, PipelineError)
    assert kind.__doc__


def test_an_unknown_operator_is_a_bundle_error() -> None:
    assert issubclass(UnknownOperatorError, BundleError)


@ALL
def test_the_hint_stands_below_the_message(kind: type[PipelineError]) -> None:
    error = made(kind)
    assert error.hint == "do this"
    assert str(error) == f"{error.message}\n  hint: do this"
    assert "it broke" in error.message


@ALL
def test_without_a_hint_the_message_is_all(kind: type[PipelineError]) -> None:
    error = made(kind, None)
    assert error.hint is None
    assert str(error) == error.message
    assert "hint" not in error.to_dict()


@ALL
def test_an_error_is_ready_for_json(kind: type[PipelineError]) -> None:
    document = made(kind).to_dict()
    assert json.loads(json.dumps(document)) == document
    assert list(document)[:3] == ["code", "message", "hint"]
    assert document["code"] == CODES[kind][0]
    assert document["hint"] == "do this"


PLACES: dict[str, Any] = {"source": "a.csv", "row": 7, "column": "größe", "value": "x", "expected": "a number"}


@pytest.mark.parametrize(
    "given", [subset for size in range(len(PLACES) + 1) for subset in combinations(PLACES, size)], ids="+".join
)
def test_a_data_error_words_what_it_knows(given: tuple[str, ...]) -> None:
    error = DataError("no number", **{name: PLACES[name] for name in given})
    words = {"source": "a.csv", "row": "row 7", "column": "column 'größe'"}
    where = ", ".join(words[name] for name in given if name in words)
    message = (f"{where}: " if where else "") + "no number" + ("; expected a number" if "expected" in given else "")
    assert str(error) == message
    known = {name: PLACES[name] for name in given if name != "source"}
    assert error.to_dict() == {"code": "DataError", "message": message, **known}
    assert error.problem == "no number"
    assert {name: getattr(error, name) for name in PLACES} == {
        name: PLACES[name] if name in given else None for name in PLACES
    }


@pytest.mark.parametrize(("row", "value"), [(1, 0), (1, False), (1, ""), (1, [])])
def test_a_value_that_is_false_or_empty_is_told(row: int, value: Any) -> None:
    document = DataError("wrong", row=row, value=value).to_dict()
    assert document["value"] == value
    assert document["message"] == "row 1: wrong"


def test_a_step_error_names_its_step() -> None:
    error = StepError("etl", "no rows", hint="look at the log")
    assert (error.step, error.message) == ("etl", "step etl: no rows")


def same(first: BaseException, second: BaseException) -> bool:
    """Whether two errors are equal in kind, text and all that they carry."""
    return (type(first), str(first), first.args, vars(first)) == (type(second), str(second), second.args, vars(second))


@ALL
@pytest.mark.parametrize("hint", ["do this", None])
def test_an_error_is_itself_after_pickling_and_copying(kind: type[PipelineError], hint: str | None) -> None:
    error = made(kind, hint)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert same(pickle.loads(pickle.dumps(error, protocol)), error)  # noqa: S301 - made just above
    assert same(copy.copy(error), error)
    assert same(copy.deepcopy(error), error)


def fail(kind: type[PipelineError]) -> None:
    raise made(kind)


def test_an_error_crosses_processes_whole() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for kind in CODES:
            with pytest.raises(kind) as caught:
                pool.submit(fail, kind).result(timeout=120)
            expected = made(kind)
            assert (type(caught.value), str(caught.value)) == (kind, str(expected))
            assert caught.value.to_dict() == expected.to_dict()
