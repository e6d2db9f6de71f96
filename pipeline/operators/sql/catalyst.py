"""Expressions of Spark's Catalyst, as its analyzer leaves them, read through the JVM."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from pipeline.errors import UnsupportedStageError
from pipeline.operators.sql.sql_expressions import DTYPES, TYPES, Expression

_OPERATIONS = {
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "multiply",
    "Divide": "divide",
    "IntegralDivide": "integral_divide",
    "Remainder": "remainder",
    "UnaryMinus": "negate",
    "Abs": "abs",
    "Cast": "cast",
}
_TYPES = {"integer": "int", "bigint": "long"}
# Catalyst's order of the numbers' types.
_WIDTHS = ("byte", "short", "int", "long", "float", "double")
# Between a projection and the rows, these change neither.
_SILENT = ("SubqueryAlias", "View")


def projection(plan: Any) -> Tuple[List[Any], Dict[int, str]]:
    """The expressions of an analyzed plan that is one projection, and the names of the rows' columns by their ids.

    Raises UnsupportedStageError that names what else the plan does.
    """
    if _name(plan) != "Project":
        raise UnsupportedStageError(f"{_name(plan)} is no choice of columns")
    rows = plan.child()
    while _name(rows) in _SILENT or _hands_on(rows):
        rows = rows.child()
    if rows.children().size():
        raise UnsupportedStageError(f"{_name(rows)} is no choice of columns")
    return _list(plan.projectList()), {one.exprId().id(): one.name() for one in _list(rows.output())}


def _hands_on(plan: Any) -> bool:
    """True for the projection that a view puts around its rows: the same columns again."""
    return _name(plan) == "Project" and all(_name(one) == "AttributeReference" for one in _list(plan.projectList()))


def alias_of(expression: Any, columns: Dict[int, str]) -> Optional[str]:
    """The name of the column that is chosen or renamed; None where something is computed."""
    inner = expression.child() if _name(expression) == "Alias" else expression
    return columns[inner.exprId().id()] if _name(inner) == "AttributeReference" else None


def kind_of(expression: Any) -> str:
    """The type of an expression in the contract's words; UnsupportedStageError where the contract has none."""
    kind = expression.dataType()
    name = str(kind.typeName())
    if kind.getClass().getSimpleName() == "VectorUDT":
        return "vector"
    if name == "array":
        return "vectors" if "vector" in kind.simpleString() else "texts"
    name = _TYPES.get(name, name)
    if name not in TYPES:
        raise UnsupportedStageError(f"{expression.toString()} is of type {kind.simpleString()}")
    return name


def translated(expression: Any, places: Dict[int, int]) -> Expression:
    """The document of an expression; `places` are the inputs by the ids of their columns, and gain those it reads.

    Raises UnsupportedStageError that names what is not arithmetic.
    """
    name = _name(expression)
    if name == "AttributeReference":
        kind = kind_of(expression)
        return {"column": places.setdefault(expression.exprId().id(), len(places)), "type": kind}
    if expression.foldable() and kind_of(expression) in (*DTYPES, "string"):
        return {"literal": _folded(expression), "type": kind_of(expression)}
    if name in ("Alias", "UnaryPositive"):
        return translated(expression.child(), places)
    if name not in _OPERATIONS:
        raise UnsupportedStageError(f"{name} in {expression.toString()} is no arithmetic")
    kind = kind_of(expression)
    of = [translated(one, places) for one in _list(_unwidened(expression).children())]
    for one in (kind, *(operand["type"] for operand in of)):
        if one not in DTYPES:
            raise UnsupportedStageError(f"{name} in {expression.toString()} is no arithmetic of numbers")
    return {"do": _OPERATIONS[name], "of": of, "ansi": _is_ansi(expression), "type": kind}


def _unwidened(expression: Any) -> Any:
    """A cast without one inside it, where both widen: Spark's optimizer leaves that out, though a float rounds."""
    inner = expression.child() if _name(expression) == "Cast" else None
    if inner is None or _name(inner) != "Cast":
        return expression
    kinds = [
        _TYPES.get(kind, kind) for kind in (one.dataType().typeName() for one in (inner.child(), inner, expression))
    ]
    if all(kind in _WIDTHS for kind in kinds) and sorted(kinds, key=_WIDTHS.index) == kinds and len(set(kinds)) == 3:
        return _unwidened(inner)
    return expression


def _is_ansi(expression: Any) -> bool:
    if _name(expression) in ("UnaryMinus", "Abs"):
        return bool(expression.failOnError())
    mode = str(expression.evalMode().toString())
    if mode == "TRY":
        raise UnsupportedStageError(f"{expression.toString()} is tried, not computed")
    return mode == "ANSI"


def _folded(expression: Any) -> Any:
    """The value of an expression without columns, as text; None is null."""
    from py4j.protocol import Py4JJavaError

    try:
        value = expression.eval(None)
    except Py4JJavaError:
        raise UnsupportedStageError(f"Spark refuses to compute {expression.toString()}") from None
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, (int, float)) else str(value.toString())


def _name(of: Any) -> str:
    return str(of.getClass().getSimpleName())


def _list(sequence: Any) -> List[Any]:
    return [sequence.apply(place) for place in range(sequence.size())]
