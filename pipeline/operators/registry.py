"""All operators, by their name in a bundle and by the Spark stage they express."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple, Type

from pipeline.errors import UnknownOperatorError, UnsupportedStageError
from pipeline.operators.base import Operator
from pipeline.operators.imputer import Imputer
from pipeline.operators.one_hot_encoder import OneHotEncoder
from pipeline.operators.string_indexer import StringIndexer
from pipeline.operators.vector_assembler import VectorAssembler

OPERATORS: Tuple[Type[Operator], ...] = (Imputer, OneHotEncoder, StringIndexer, VectorAssembler)

_by_op: Dict[str, Type[Operator]] = {operator.op: operator for operator in OPERATORS}
_by_stage: Dict[str, Type[Operator]] = {stage: operator for operator in OPERATORS for stage in operator.stages}


def known_operators() -> List[str]:
    """The names that a bundle may use, sorted."""
    return sorted(_by_op)


def operator_of(op: str, where: str) -> Type[Operator]:
    """The class of a bundle's operator; UnknownOperatorError names the node and the known ones."""
    try:
        return _by_op[op]
    except KeyError:
        raise UnknownOperatorError(
            f"{where}: operator {op!r} is not known", hint=f"known operators: pipeline, {', '.join(known_operators())}"
        ) from None


def operator_for(stage: Any) -> Type[Operator]:
    """The class that expresses a fitted Spark stage; UnsupportedStageError names the known ones."""
    try:
        return _by_stage[type(stage).__name__]
    except KeyError:
        raise UnsupportedStageError(
            f"stage {getattr(stage, 'uid', stage)!r} is a {type(stage).__name__}, which no operator expresses",
            hint=f"known stages: {', '.join(sorted(_by_stage))}, PipelineModel",
        ) from None
