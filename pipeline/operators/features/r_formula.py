"""r_formula: a fitted R formula, written as the stages that it is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List

from pipeline.errors import UnknownOperatorError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Types
from pipeline.operators.spark_columns import jvm_object
from pipeline.operators.values import Value

# What changes no value: names of the features, columns on the way, the length of a vector.
_SILENT = ("VectorAttributeRewriter", "ColumnPruner", "VectorSizeHint")


class RFormula(Operator):
    """Spark's `RFormulaModel`: indexers, encoders, interactions and an assembler, each a node of its own.

    The label is left out: rows to be scored have none. No bundle has an operator of this name.
    Source: org.apache.spark.ml.feature.RFormulaModel.
    """

    op = "r_formula"
    stages = ("RFormulaModel",)
    in_mleap = False

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        model = jvm_object(stage, "its inner pipeline")
        known = dict(types)
        nodes: List[Node] = []
        for inner in model.pipelineModel().stages():
            kind = inner.getClass().getSimpleName()
            if kind == "VectorSizeHint":
                name = inner.getInputCol()
                known[name] = replace(known.get(name, ColumnType("vector")), size=inner.getSize())
            if kind in _SILENT or (kind == "StringIndexerModel" and _outputs(inner) == [stage.getLabelCol()]):
                continue
            nodes += _nodes(stage, inner, known, len(nodes))
        return nodes

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> Operator:
        raise UnknownOperatorError(f"{attributes.where}: an R formula is written as its stages, never as one operator")

    def attributes(self) -> Dict[str, Value]:
        raise UnsupportedStageError("an R formula is written as its stages, never as one operator")


def _nodes(stage: Any, inner: Any, known: Types, count: int) -> List[Node]:
    """The nodes of a stage within the formula, under names of their own; `known` gains the columns they make."""
    # The registry names this module: imported late, it does not meet itself.
    from pyspark.ml.wrapper import JavaParams

    from pipeline.operators.registry import operator_for

    python = JavaParams._from_java(inner)
    nodes = operator_for(python).from_spark(python, known)
    for place, node in enumerate(nodes):
        # Spark gives several of its stages the formula's own uid.
        node.name = f"{stage.uid}_{count + place}"
        inputs = node.operator.input_types(len(node.shape.inputs))
        found = [known.get(column, like) for column, like in zip(node.shape.inputs.values(), inputs)]
        known.update(zip(node.shape.outputs.values(), node.operator.types_of(found, list(node.shape.outputs))))
    return nodes


def _outputs(indexer: Any) -> List[str]:
    if indexer.isSet(indexer.outputCols()):
        return list(indexer.getOutputCols())
    return [indexer.getOutputCol()]
