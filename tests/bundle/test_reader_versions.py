"""The JSON of every MLeap version: each form is read, and scores as the version's own runtime says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import model_cases
import pyarrow as pa
import pytest
from bundle_json import Files, bundle, changed, node, texts

from pipeline.bundle.pack import write_files
from pipeline.bundle.reader import read_bundle
from pipeline.errors import BundleError, DataError
from pipeline.mleap.runtime import Runtime, available

LABELS = texts("a", "b", "ß")
SCALAR = {"base": "scalar", "isNullable": False}
WORDS = pa.table({"s": ["b", "a", "ß"]})
INDICES = pa.table({"i": [0.0, 1.0, 2.0]})
NUMBERS = pa.table({"x": [1.5, -2.0], "y": [3.0, 4.0]})


def tensor(size: int) -> dict[str, Any]:
    return {"base": "tensor", "isNullable": True, "tensorShape": {"dimensions": [{"size": size, "name": ""}]}}


def indexer(attributes: Any, version: str, port: str = "") -> Files:
    return bundle(("n", "string_indexer", attributes, {f"input{port}": "s"}, {f"output{port}": "o"}), version=version)


def encoder(attributes: Any, version: str, port: str = "0") -> Files:
    return bundle(("n", "one_hot_encoder", attributes, {f"input{port}": "i"}, {f"output{port}": "o"}), version=version)


def assembler(attributes: Any, version: str) -> Files:
    return bundle(
        ("n", "vector_assembler", attributes, {"input0": "x", "input1": "y"}, {"output": "o"}), version=version
    )


def imputer(attributes: Any, version: str) -> Files:
    return bundle(("n", "imputer", attributes, {"input": "x"}, {"output": "o"}), version=version)


SHAPES = {"type": "list", "data_shape": [SCALAR, SCALAR]}
MEAN = {"surrogate_value": {"double": 7.0}, "strategy": {"string": "mean"}}

# What MLeap has written since 0.8, and what it must come to.
FORMS: dict[str, tuple[Files, pa.Table, list[Any]]] = {
    "indexer 0.8": (indexer({"labels": LABELS, "handle_invalid": {"string": "error"}}, "0.8.0"), WORDS, [1, 0, 2]),
    "indexer without handle_invalid": (indexer({"labels": LABELS}, "0.8.0"), WORDS, [1, 0, 2]),
    "indexer of scikit-learn": (
        indexer({"labels": LABELS, "nullable_input": {"boolean": False}}, "0.16.0"),
        WORDS,
        [1, 0, 2],
    ),
    "indexer with a default left out": (indexer({"labels": LABELS, "nullable_input": {}}, "0.9.0"), WORDS, [1, 0, 2]),
    "indexer 0.18": (
        indexer(
            {
                "labels_length": {"int": 1},
                "labels_array_0": LABELS,
                "handle_invalid": {"string": "keep"},
                "input_col": {"string": "s"},
                "output_col": {"string": "o"},
            },
            "0.18.0",
        ),
        pa.table({"s": ["ß", "unseen"]}),
        [2, 3],
    ),
    "encoder 0.8": (
        encoder({"size": {"long": 2}, "drop_last": {"boolean": True}}, "0.8.0", ""),
        INDICES,
        [[1, 0], [0, 1], [0, 0]],
    ),
    "encoder 0.8 that keeps the last": (
        encoder({"size": {"long": 3}, "drop_last": {}}, "0.8.0", ""),
        INDICES,
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    ),
    "encoder of scikit-learn": (
        encoder(
            {"size": {"long": 3}, "drop_last": {"boolean": True}, "handle_invalid": {"string": "error"}}, "0.16.0", ""
        ),
        INDICES,
        [[1, 0], [0, 1], [0, 0]],
    ),
    "encoder 0.12": (
        encoder(
            {
                "category_sizes": {"type": "list", "int": [3]},
                "drop_last": {"boolean": True},
                "handle_invalid": {"string": "error"},
            },
            "0.12.0",
        ),
        INDICES,
        [[1, 0], [0, 1], [0, 0]],
    ),
    "encoder 0.23 of one column": (
        encoder(
            {
                "category_sizes": {"type": "list", "int": [2]},
                "drop_last": {},
                "handle_invalid": {"string": "keep"},
            },
            "0.23.4",
            "",
        ),
        INDICES,
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    ),
    "assembler 0.8": (assembler({"input_shapes": SHAPES}, "0.8.0"), NUMBERS, [[1.5, 3], [-2, 4]]),
    "assembler of nullable scalars": (
        assembler(
            {"input_shapes": {"type": "list", "data_shape": [{"base": "scalar", "isNullable": True}, SCALAR]}}, "0.9.6"
        ),
        NUMBERS,
        [[1.5, 3], [-2, 4]],
    ),
    "imputer 0.8": (
        imputer({**MEAN, "missing_value": {"double": -2.0}, "nullable_input": {"boolean": True}}, "0.8.0"),
        NUMBERS,
        [1.5, 7],
    ),
    "imputer of a missing value that is the default": (
        imputer({**MEAN, "missing_value": {}, "nullable_input": {}}, "0.8.0"),
        pa.table({"x": [0.0, 2.0]}),
        [7, 2],
    ),
    "imputer of NaN": (
        imputer({**MEAN, "missing_value": {"double": None}, "nullable_input": {}}, "0.10.0"),
        pa.table({"x": [float("nan"), 2.0]}),
        [7, 2],
    ),
    "imputer of scikit-learn": (imputer(MEAN, "0.16.0"), pa.table({"x": [float("nan"), 2.0]}), [7, 2]),
}


def scored(files: Files, table: pa.Table, *columns: str) -> list[Any]:
    made = model_cases.scorer_of(files, schema=None).transform(table, columns or ["o"])
    return [made[name].to_pylist() for name in columns or ["o"]]


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    if why := available():
        pytest.skip(why)
    with Runtime() as runtime:
        yield runtime


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_read(form: str) -> None:
    files, table, expected = FORMS[form]
    assert scored(files, table) == [expected]


@pytest.mark.mleap
@pytest.mark.parametrize("form", FORMS)
def test_mleap_reads_the_form_alike(form: str, runtime: Runtime, tmp_path: Path) -> None:
    files, table, expected = FORMS[form]
    model = runtime.load(write_files(files, tmp_path / "b.zip"))
    assert model.transform(table, ["o"])["o"].to_pylist() == expected


def test_without_handle_invalid_an_unseen_label_is_refused() -> None:
    with pytest.raises(DataError, match="unseen label 'c'"):
        scored(indexer({"labels": LABELS}, "0.8.0"), pa.table({"s": ["c"]}))


@pytest.mark.parametrize("tail", [{}, {"input_cols": texts("s", "t"), "output_cols": texts("o", "p")}])
def test_an_indexer_of_several_columns_is_read(tail: dict[str, Any]) -> None:
    attributes = {
        "labels_length": {"int": 2},
        "labels_array_0": texts("a", "b"),
        "labels_array_1": texts("x"),
        "handle_invalid": {"string": "keep"},
        **tail,
    }
    # Ports stand in any order.
    parts = ({"input1": "t", "input0": "s"}, {"output0": "o", "output1": "p"})
    files = bundle(("n", "string_indexer", attributes, *parts), version="0.18.0")
    table = pa.table({"s": ["b", "x"], "t": ["x", "b"]})
    assert scored(files, table, "o", "p") == [[1, 2], [0, 1]]


def test_an_encoder_of_several_columns_is_read() -> None:
    attributes = {
        "category_sizes": {"type": "list", "int": [3, 2]},
        "drop_last": {"boolean": True},
        "handle_invalid": {"string": "error"},
    }
    parts = ({"input0": "i", "input1": "j"}, {"output0": "o", "output1": "p"})
    files = bundle(("n", "one_hot_encoder", attributes, *parts), version="0.16.0")
    table = pa.table({"i": [2.0, 0.0], "j": [0.0, 1.0]})
    assert scored(files, table, "o", "p") == [[[0, 0], [1, 0]], [[1], [0]]]


@pytest.mark.parametrize("attributes", [None, {}, {"input_shapes": {"type": "list"}}])
def test_an_assembler_without_shapes_takes_its_inputs_as_they_come(attributes: Any) -> None:
    files = bundle(
        ("i", "string_indexer", {"labels": LABELS}, {"input": "s"}, {"output": "i"}),
        (
            "e",
            "one_hot_encoder",
            {"size": {"long": 2}, "drop_last": {"boolean": True}},
            {"input": "i"},
            {"output": "e"},
        ),
        ("n", "vector_assembler", attributes, {"input0": "x", "input1": "e", "input2": "y"}, {"output": "o"}),
        version="0.8.0",
    )
    table = pa.table({"s": ["b", "ß"], "x": [5.0, 6.0], "y": [7.0, 8.0]})
    assert scored(files, table) == [[[5, 0, 1, 7], [6, 0, 0, 8]]]


def test_many_ports_stand_in_the_order_of_their_numbers() -> None:
    names = [f"c{at}" for at in range(12)]
    shapes = {"type": "list", "data_shape": [SCALAR] * 12}
    inputs = dict(sorted((f"input{at}", name) for at, name in enumerate(names)))
    files = bundle(("n", "vector_assembler", {"input_shapes": shapes}, inputs, {"output": "o"}))
    assert scored(files, pa.table({name: [float(at)] for at, name in enumerate(names)})) == [[[*range(12)]]]


def test_a_tensor_shape_tells_the_length_of_a_vector() -> None:
    shapes = {"type": "list", "data_shape": [tensor(3), SCALAR]}
    files = bundle(("n", "vector_assembler", {"input_shapes": shapes}, {"input0": "v", "input1": "x"}, {"output": "o"}))
    scorer = model_cases.scorer_of(files, schema=None)
    assert [(column.struct, column.size) for column in scorer.schema.columns] == [("vector", 3), ("basic", None)]
    assert scorer.feature_count == 4


def test_nested_pipelines_are_laid_flat() -> None:
    files = bundle(("p", "pipeline", {"nodes": texts("q")}, {}, {}))
    files |= node("root/p.node/q.node", "pipeline", {"nodes": texts("n")}, {}, {})
    files |= node("root/p.node/q.node/n.node", "string_indexer", {"labels": LABELS}, {"input": "s"}, {"output": "o"})
    assert [one.name for one in read_bundle(files).nodes] == ["n"]
    assert scored(files, WORDS) == [[1, 0, 2]]


def test_a_pipeline_of_nothing_has_no_nodes() -> None:
    assert read_bundle(bundle()).nodes == []


def test_the_root_may_be_one_operator() -> None:
    files = bundle() | node("root", "string_indexer", {"labels": LABELS}, {"input": "s"}, {"output": "o"})
    assert scored(files, WORDS) == [[1, 0, 2]]


@pytest.mark.parametrize("version", ["0.8.0", "0.25.2", "0.25.0-SNAPSHOT", "99.1", ""])
def test_any_version_is_read_and_told(version: str) -> None:
    read = read_bundle(indexer({"labels": LABELS}, version))
    assert (read.version, read.name, read.uid) == (version, "case", "7b4eaab4-7d84-4f52-9351-5de98f9d5d04")


def test_what_bundle_json_leaves_out_is_empty() -> None:
    read = read_bundle({**bundle(), "bundle.json": b'{"format": "json"}'})
    assert (read.version, read.name, read.uid) == ("", "", "")


def typed(kind: Any, value: Any) -> dict[str, Any]:
    return {"type": kind, "value": value}


def typed_texts(*values: str) -> dict[str, Any]:
    return typed({"type": "list", "base": "string"}, list(values))


OLD_NODES: list[tuple[str, str, Any, dict[str, str], dict[str, str]]] = [
    ("i", "string_indexer", {"labels": typed_texts("a", "b", "ß")}, {"input": "s"}, {"output": "i"}),
    (
        "e",
        "one_hot_encoder",
        {"size": typed("long", 2), "drop_last": typed("boolean", True)},
        {"input": "i"},
        {"output": "e"},
    ),
    (
        "m",
        "imputer",
        {
            "surrogate_value": typed("double", 7.0),
            "missing_value": typed("double", -1.0),
            "strategy": typed("string", "mean"),
        },
        {"input": "x"},
        {"output": "y"},
    ),
    ("n", "vector_assembler", None, {"input0": "e", "input1": "y"}, {"output": "o"}),
]
OLD_TABLE = pa.table({"s": ["b", "ß"], "x": [5.0, -1.0]})
OLD_VECTORS = [[[0, 1, 5], [0, 0, 7]]]


@pytest.mark.parametrize("version", ["0.5.0", "0.7.0"])
def test_values_with_their_type_beside_them_are_read(version: str) -> None:
    files = bundle(*OLD_NODES, version=version)
    files = changed(files, "root/model.json", attributes={"nodes": typed_texts("i", "e", "m", "n")})
    assert scored(files, OLD_TABLE) == OLD_VECTORS


@pytest.mark.parametrize("version", ["0.2.0", "0.4.0"])
def test_nodes_without_a_root_and_attributes_in_a_list_are_read(version: str) -> None:
    info = {"name": "case", "format": "json", "version": version, "nodes": [one[0] for one in OLD_NODES]}
    files = {"bundle.json": json.dumps(info).encode()}
    for name, op, attributes, *shape in OLD_NODES:
        listed = None if attributes is None else [{"name": key, **value} for key, value in attributes.items()]
        files |= node(f"{name}.node", op, listed, *shape)
    assert scored(files, OLD_TABLE) == OLD_VECTORS


@pytest.mark.parametrize(
    "attributes",
    [
        [typed("long", 2)],
        [{"name": "labels", **typed_texts("a")}] * 2,
        [{"name": "labels"}],
        ["labels"],
        {"labels": typed({"type": "tensor", "tensor": {}}, ["a"])},
        {"labels": typed({"type": "list", "base": {}}, ["a"])},
        {"labels": typed(None, ["a"])},
        {"labels": typed("custom", "a")},
        {"labels": {"value": ["a"]}},
        False,
        "",
        0,
    ],
)
def test_attributes_of_no_form_are_refused_with_their_file(attributes: Any) -> None:
    with pytest.raises(BundleError, match=r"root/n\.node/model\.json"):
        read_bundle(indexer(attributes, "0.5.0"))


@pytest.mark.parametrize("form", ["mixed", "protobuf", None, 1])
def test_only_json_is_read(form: Any) -> None:
    with pytest.raises(BundleError, match="only json is read"):
        read_bundle(bundle(format=form))
