"""The contract: what a schema file may say, and what follows from it."""

from __future__ import annotations

import json

import jsonschema
import pyarrow as pa
import pytest
from tests_paths import ROOT

from pipeline.config.json_schema import contract_schema
from pipeline.errors import SchemaError
from pipeline.schema import Column, Schema, load_schema, parse_schema
from pipeline.schema.arrow import arrow_schema
from pipeline.schema.spark import spark_schema
from pipeline.schema.sparkml import parse_sparkml_schema, sparkml_schema, sparkml_schema_text

FEATURES = Column("features", "double", struct="vector", size=9)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "not JSON"),
        ("[]", 'key "columns"'),
        ({"columns": []}, "at least one column"),
        ({"columns": [1]}, "column 1 is not an object"),
        ({"columns": [{"name": "a"}]}, "column 'a': the key 'type' is missing"),
        ({"columns": [{"name": "a", "type": "decimal"}]}, "type 'decimal' is not known; allowed: string"),
        ({"columns": [{"name": "a", "type": "int", "nulable": True}]}, "did you mean 'nullable'?"),
        ({"columns": [{"name": "a", "type": "int", "nullable": "yes"}]}, "nullable must be true or false, found 'yes'"),
        ({"columns": [{"name": "a", "type": "int"}] * 2}, "column 'a' is named twice"),
        ({"columns": [{"name": n, "type": "int", "label": True} for n in "ab"]}, "one label at most; found a, b"),
        ({"columns": [{"name": "a", "type": "float", "struct": "vector"}]}, "a vector is of type double"),
        ({"columns": [{"name": "a", "type": "double", "size": 3}]}, "size 3 makes sense only for a vector"),
        ({"columns": [{"name": "a", "type": "string", "classes": ["x"]}]}, "only a label has classes"),
        ({"columns": [{"name": "a", "type": "string", "label": True, "classes": ["x", "x"]}]}, "named twice"),
        ({"columns": [{"name": "a", "type": "string", "label": True, "classes": [1]}]}, "classes are texts"),
        ({"columns": [{"name": "", "type": "int"}]}, "empty name"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(document: object, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_schema(document if isinstance(document, str) else json.dumps(document))
    assert message in str(caught.value)


def test_a_schema_file_survives_the_way_there_and_back() -> None:
    schema = Schema(
        (
            Column("städte", "string", nullable=True, description="größe"),
            Column("v", "double", struct="vector", size=3),
            Column("a", "long", struct="array"),
            Column("id", "string", ignore=True),
            Column("y", "string", label=True, classes=("nein", "ja")),
        ),
        name="n",
        description="d",
    )
    assert parse_schema(json.dumps(schema.to_dict())) == schema
    jsonschema.validate(schema.to_dict(), contract_schema())


@pytest.mark.parametrize("name", ["abalone", "churn"])
def test_the_published_contracts_are_valid(name: str) -> None:
    path = ROOT / "schemas" / f"{name}.json"
    schema = load_schema(path)
    jsonschema.validate(json.loads(path.read_text()), contract_schema())
    assert schema.label is not None
    assert len(schema.features) == len(schema.columns) - 1


def test_features_are_neither_label_nor_ignored() -> None:
    columns = (Column("a", "int"), Column("b", "int", ignore=True), Column("c", "int", label=True))
    assert Schema(columns).for_requests().names == ["a"]


def test_the_spark_and_arrow_types_agree_with_sparks_own(spark: object) -> None:
    columns = [
        Column(kind, kind, nullable=True)
        for kind in ("string", "boolean", "byte", "short", "int", "long", "float", "double")
    ]
    schema = Schema((*columns, Column("list", "long", struct="array", nullable=True)))
    frame = spark.createDataFrame([], spark_schema(schema))  # type: ignore[attr-defined]
    made = pa.schema([(field.name, _arrow_of(field.dataType)) for field in frame.schema.fields])
    assert made == arrow_schema(schema)


def _arrow_of(kind: object) -> pa.DataType:
    from pyspark.sql.pandas.types import to_arrow_type

    return to_arrow_type(kind)


def test_the_sparkml_document_is_awss() -> None:
    schema = load_schema(ROOT / "schemas" / "abalone.json")
    document = sparkml_schema(schema, FEATURES)
    assert document["input"][0] == {"name": "sex", "type": "string"}
    assert "rings" not in [entry["name"] for entry in document["input"]]
    assert document["output"] == {"name": "features", "type": "double", "struct": "vector"}
    inputs, output = parse_sparkml_schema(sparkml_schema_text(schema, FEATURES))
    assert inputs.names == [column.name for column in schema.features]
    assert (output.name, output.struct) == ("features", "vector")


@pytest.mark.parametrize("text", ["{", "[]", '{"input": []}', '{"input": [{"type": "int"}], "output": {}}'])
def test_a_broken_sparkml_document_is_refused(text: str) -> None:
    with pytest.raises(SchemaError, match=r"SparkML schema|at least one column"):
        parse_sparkml_schema(text)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SchemaError, match=r"nowhere\.json cannot be read"):
        load_schema("nowhere.json")
