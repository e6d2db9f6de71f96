"""Bundle.ML from a fitted PySpark pipeline, in pure Python: no jar, any Spark."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple, Union

from pipeline.bundle.pack import write_files
from pipeline.errors import UnsupportedStageError
from pipeline.operators.base import ColumnType, Node, Shape, Types
from pipeline.operators.registry import operator_for
from pipeline.operators.values import string_list, to_json
from pipeline.schema.contract import Column, Schema

# The dialect written: what MLeap 0.20 and later, and AWS's container, read.
VERSION = "0.20.0"
# A fixed time, so that the same model is the same bytes.
_TIMESTAMP = "1970-01-01T00:00:00"
# What stands for its best model.
_BEST = ("CrossValidatorModel", "TrainValidationSplitModel")
# Spark's names of types that the contract calls otherwise.
_BASIC = {"tinyint": "byte", "smallint": "short", "integer": "int", "bigint": "long"}


def write_bundle(pipeline_model: Any, path: Union[str, Path], schema: Any = None) -> Path:
    """Writes a fitted `PipelineModel` (or one fitted stage) as an MLeap bundle, and returns the path.

    `path` ends in .zip or .tar.gz, or is a new folder. `schema` tells the types of the raw columns where the
    pipeline does not: a `Schema`, a Spark `StructType` or a DataFrame; without it a raw column that is
    assembled is taken for one number. Same model, same bytes.
    Raises UnsupportedStageError for a stage that cannot be expressed; then nothing is written.
    Source: Bundle.ML as written by MLeap 0.20.
    """
    return write_files(bundle_files(pipeline_model, schema), path)


def bundle_files(pipeline_model: Any, schema: Any = None, names: Optional[Dict[str, str]] = None) -> Dict[str, bytes]:
    """The files of a bundle by their names in it; `names` are columns that the bundle calls otherwise than Spark.

    See write_bundle.
    """
    nodes = pipeline_nodes(pipeline_model, raw_types(schema), raw_frame(schema))
    for node in nodes:
        for ports in (node.shape.inputs, node.shape.outputs):
            ports.update({port: (names or {}).get(column, column) for port, column in ports.items()})
    return nodes_files(getattr(pipeline_model, "uid", "pipeline"), nodes)


def nodes_files(name: str, nodes: List[Node]) -> Dict[str, bytes]:
    """The files of a bundle that runs these nodes in order."""
    files = dict(_pipeline_files("root", name, nodes))
    content = hashlib.sha256(b"".join(key.encode() + files[key] for key in sorted(files))).digest()
    info = {
        "uid": str(uuid.UUID(bytes=content[:16], version=4)),
        "name": name,
        "format": "json",
        "version": VERSION,
        "timestamp": _TIMESTAMP,
    }
    files["bundle.json"] = to_json(info).encode()
    return files


def pipeline_nodes(stage: Any, types: Types, frame: Any = None) -> List[Node]:
    """The nodes of a fitted stage, nested pipelines laid flat; `types` gains the columns they make.

    `frame` is a DataFrame of the raw columns: with it Spark itself says what each stage makes of them.
    """
    return _walk(stage, types, frame)[0]


def _walk(stage: Any, types: Types, frame: Any) -> Tuple[List[Node], Any]:
    kind = type(stage).__name__
    if kind == "PipelineModel":
        nodes = []
        for inner in stage.stages:
            made, frame = _walk(inner, types, frame)
            nodes += made
        return nodes, frame
    if kind in _BEST:
        return _walk(stage.bestModel, types, frame)
    nodes = operator_for(stage).from_spark(stage, types)
    for node in nodes:
        expected = node.operator.input_types(len(node.shape.inputs))
        inputs = [types.get(column, like) for column, like in zip(node.shape.inputs.values(), expected)]
        made_types = node.operator.types_of(inputs, list(node.shape.outputs))
        types.update(zip(node.shape.outputs.values(), made_types))
    return nodes, _transformed(stage, types, frame)


def _transformed(stage: Any, types: Types, frame: Any) -> Any:
    """The frame after the stage; what Spark says of new columns goes into `types`."""
    if frame is None:
        return None
    from pyspark.sql.utils import CapturedException

    try:
        after = stage.transform(frame)
    except CapturedException:
        # A frame that lacks a raw column says nothing; the operators still do.
        return None
    for field in after.schema.fields:
        if field.name not in frame.columns and field.name in types:
            said = _of_spark(field)
            known = types[field.name]
            size = known.size if said.size is None else said.size
            basic = said.basic if known.kind == said.kind == "number" else known.basic
            types[field.name] = replace(known, size=size, basic=basic, attributes=said.attributes)
    return after


def raw_types(schema: Any) -> Types:
    """What a Schema, a Spark StructType or a DataFrame says of the raw columns."""
    if schema is None:
        return {}
    if isinstance(schema, Schema):
        return {column.name: _of_contract(column) for column in schema.columns}
    types = {field.name: _of_spark(field) for field in getattr(schema, "schema", schema).fields}
    unknown = [name for name, known in types.items() if known.kind == "vector" and known.size is None]
    if unknown and hasattr(schema, "schema"):
        # Spark too goes by the first row where nothing tells how long vectors are.
        first = schema.select(*(f"`{name}`" for name in unknown)).dropna().first() or {}
        types.update({name: replace(types[name], size=len(first[name])) for name in unknown if first})
    return types


def raw_frame(schema: Any) -> Any:
    """A DataFrame of the raw columns, or None where there is no Spark session to make it."""
    if schema is None or hasattr(schema, "schema"):
        return schema
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is None:
        return None
    if isinstance(schema, Schema):
        from pipeline.schema.spark import spark_schema

        schema = spark_schema(schema)
    return session.createDataFrame([], schema)


def _of_contract(column: Column) -> ColumnType:
    if column.struct == "vector":
        return ColumnType("vector", column.size)
    return ColumnType("text" if column.type == "string" else "number", basic=column.type, nullable=column.nullable)


def _of_spark(field: Any) -> ColumnType:
    kind = field.dataType.typeName()
    attributes = field.metadata.get("ml_attr")
    if kind in ("vectorudt", "vector") or type(field.dataType).__name__ == "VectorUDT":
        return ColumnType("vector", _vector_size(attributes or {}), attributes=attributes)
    if kind in ("array", "map"):
        return ColumnType("texts" if kind == "array" else "map", nullable=field.nullable)
    name = "text" if kind in ("string", "varchar", "char") else "number"
    return ColumnType(name, basic=_BASIC.get(kind, kind), nullable=field.nullable, attributes=attributes)


def _vector_size(attributes: Dict[str, Any]) -> Optional[int]:
    if "num_attrs" in attributes:
        return int(attributes["num_attrs"])
    groups = attributes.get("attrs")
    return sum(len(group) for group in groups.values()) if groups else None


def _pipeline_files(folder: str, name: str, nodes: List[Node]) -> Iterable[Tuple[str, bytes]]:
    names = [node.name for node in nodes]
    if len(set(names)) != len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise UnsupportedStageError(f"two stages have the uid {double!r}")
    yield f"{folder}/node.json", to_json({"name": name, **_shape(Shape())}).encode()
    yield f"{folder}/model.json", to_json({"op": "pipeline", "attributes": {"nodes": string_list(names)}}).encode()
    for node in nodes:
        place = f"{folder}/{node.name}.node"
        yield f"{place}/node.json", to_json({"name": node.name, **_shape(node.shape)}).encode()
        yield from node.operator.model_files(f"{place}/").items()


def _shape(shape: Shape) -> Dict[str, Any]:
    return {
        "shape": {
            "inputs": [{"name": column, "port": port} for port, column in shape.inputs.items()],
            "outputs": [{"name": column, "port": port} for port, column in shape.outputs.items()],
        }
    }
