"""sql_transformer: columns chosen, renamed and computed by a SELECT."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Sequence

from pipeline.columns import AnyColumn
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import KINDS, Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.spark_columns import jvm_object
from pipeline.operators.sql.sql_expressions import TYPES, Expression, checked, evaluate
from pipeline.operators.values import string_list

# What an input is, in the contract's words, and the kinds of columns that are handed on as they are.
_KINDS = {"string": "text", **{kind: kind for kind in KINDS if kind not in ("number", "text")}}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_SAID = "what a bundle can say: columns, + - * / % div, abs, and casts of numbers"


class SQLTransformer(Operator):
    """Spark's `SQLTransformer`, where its statement chooses, renames and computes columns.

    In: the columns that the statement reads. Out: those that it makes. What there is of arithmetic: `+ - * / % div`,
    the sign, `abs` and casts among numbers and booleans, in Spark's types, as Spark's analyzer laid them down: whole
    numbers wrap around and a division by zero is null, or, where the session was in ANSI mode (Spark 4's default), the
    row is refused. Null gives null. Whatever else a statement does is refused by name when the bundle is written.
    Columns that the statement leaves out are gone in Spark and still there in a bundle. MLeap has no such operator.
    Source: org.apache.spark.ml.feature.SQLTransformer, org.apache.spark.sql.catalyst.expressions.
    """

    op = "sql_transformer"
    stages = ("SQLTransformer",)
    in_mleap = False
    # `SELECT x + 1 AS x` writes what it reads.
    in_place = True

    def __init__(self, inputs: Sequence[str], expressions: Sequence[Expression]) -> None:
        self.inputs = list(inputs)
        self.expressions = list(expressions)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        from pipeline.operators.sql.catalyst import alias_of, projection, translated

        try:
            chosen, columns = projection(_plan(stage, types))
            places: Dict[int, int] = {}
            made: Dict[str, Expression] = {}
            for one in chosen:
                if alias_of(one, columns) != one.name():
                    made[one.name()] = translated(one, places)
        except UnsupportedStageError as error:
            raise UnsupportedStageError(
                f"stage {stage.uid!r}, {stage.getStatement()!r}: {error.message}", hint=error.hint or _SAID
            ) from None
        # What is written over is read too: else it were a column that is there already.
        inputs = [columns[key] for key in places]
        inputs += [name for name in made if name in types and name not in inputs]
        # A constant still has as many rows as a column.
        inputs = inputs or [next(iter(types))]
        shape = Shape(
            {f"input{place}": name for place, name in enumerate(inputs)},
            {f"output{place}": name for place, name in enumerate(made)},
        )
        kinds = [_basic(types[name]) for name in inputs]
        return [Node(stage.uid, cls(kinds, list(made.values())), shape)] if made else []

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "SQLTransformer":
        inputs: List[str] = attributes.need_list("inputs", str)
        for kind in inputs:
            if kind not in TYPES:
                raise BundleError(f"{attributes.where}: input {kind!r} is not known; known: {', '.join(TYPES)}")
        if not inputs:
            raise BundleError(f"{attributes.where}: a column at least is read")
        try:
            read = [json.loads(text) for text in attributes.need_list("expressions", str)]
        except (ValueError, RecursionError):
            raise BundleError(f"{attributes.where}: attribute 'expressions' has an entry that is no JSON") from None
        return cls(inputs, [checked(one, attributes.where, inputs) for one in read])

    def attributes(self) -> Dict[str, Any]:
        texts = [json.dumps(one, sort_keys=True) for one in self.expressions]
        return {"inputs": string_list(self.inputs), "expressions": string_list(texts)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType(_KINDS.get(kind, "number"), basic=kind, nullable=True) for kind in self.inputs]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [inputs[one["column"]] if "column" in one else _type(one["type"]) for one in self.expressions]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        return [evaluate(one, inputs) for one in self.expressions]


def _type(kind: str) -> ColumnType:
    return ColumnType(_KINDS.get(kind, "number"), basic=kind, nullable=True)


def _basic(kind: ColumnType) -> str:
    """The type of a column in an expression's words."""
    return kind.basic if kind.kind == "number" else _NAMES[kind.kind]


def _plan(stage: Any, types: Types) -> Any:
    """What Spark's analyzer makes of the statement on columns of these types."""
    from pyspark.sql import SparkSession

    jvm_object(stage, "what a statement means")
    session = SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
    if not types:
        raise UnsupportedStageError(
            "the statement cannot be read without its columns", hint="give write_bundle a schema or a DataFrame"
        )
    from pyspark.sql.utils import CapturedException

    rows = session.createDataFrame([], _struct(types))
    try:
        return stage.transform(rows)._jdf.queryExecution().analyzed()
    except CapturedException as error:
        first = str(error).strip().splitlines()[0]
        raise UnsupportedStageError(f"Spark cannot read it: {first}", hint="is every raw column given?") from None


def _struct(types: Types) -> Any:
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql.types import ArrayType, DoubleType, MapType, StringType, StructField, StructType

    from pipeline.schema.contract import Column
    from pipeline.schema.spark import spark_type

    others = {
        "text": StringType(),
        "vector": VectorUDT(),
        "texts": ArrayType(StringType()),
        "vectors": ArrayType(VectorUDT()),
        "map": MapType(StringType(), DoubleType()),
    }
    return StructType(
        [
            StructField(name, others.get(kind.kind) or spark_type(Column(name, kind.basic)))
            for name, kind in types.items()
        ]
    )
