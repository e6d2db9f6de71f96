"""The registry's lines against the classes themselves."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from pipeline.errors import UnknownOperatorError
from pipeline.operators.base import Operator
from pipeline.operators.registry import OPERATORS, known_operators, operator_of


@pytest.mark.parametrize(("module", "name", "op", "stages"), OPERATORS, ids=str)
def test_a_line_says_what_the_class_says(module: str, name: str, op: str, stages: tuple[str, ...]) -> None:
    found = getattr(import_module(f"pipeline.operators.{module}"), name)
    assert issubclass(found, Operator)
    assert (found.op, found.stages) == (op, stages)


def test_no_operator_and_no_stage_stands_twice() -> None:
    assert len({op for _, _, op, _ in OPERATORS}) == len(OPERATORS)
    stages = [stage for *_, stages in OPERATORS for stage in stages]
    assert len(set(stages)) == len(stages)


def test_an_unknown_operator_is_refused_by_name_with_the_known_ones() -> None:
    with pytest.raises(UnknownOperatorError) as caught:
        operator_of("mystery", "root/mystery.node")
    assert "root/mystery.node: operator 'mystery'" in caught.value.message
    assert all(op in (caught.value.hint or "") for op in known_operators())


def test_every_operator_has_tests() -> None:
    folder = Path(__file__).parent
    paths = {f"{path.parent.name}.{path.stem.removeprefix('test_')}": path for path in folder.glob("*/test_*.py")}
    texts = "".join(path.read_text(encoding="utf-8") for path in paths.values())
    untested = [one for one, *_ in OPERATORS if one not in paths and f"operators.{one} import" not in texts]
    assert untested == []
