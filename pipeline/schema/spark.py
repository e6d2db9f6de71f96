"""The contract as Spark SQL types."""

from __future__ import annotations

from typing import Any

from pipeline.schema.contract import Column, Schema


def spark_schema(schema: Schema) -> Any:
    """The contract as a `pyspark.sql.types.StructType`."""
    from pyspark.sql.types import StructField, StructType

    return StructType([StructField(column.name, spark_type(column), column.nullable) for column in schema.columns])


def spark_type(column: Column) -> Any:
    """The `pyspark.sql.types.DataType` of one column."""
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql import types

    if column.struct == "vector":
        return VectorUDT()
    basic = {
        "string": types.StringType,
        "boolean": types.BooleanType,
        "byte": types.ByteType,
        "short": types.ShortType,
        "int": types.IntegerType,
        "long": types.LongType,
        "float": types.FloatType,
        "double": types.DoubleType,
    }[column.type]()
    return types.ArrayType(basic) if column.struct == "array" else basic
