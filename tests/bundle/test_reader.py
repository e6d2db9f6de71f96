"""Bundles that contradict themselves: refused with the place in the bundle, never another error and never a hang."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import model_cases
import pyarrow as pa
import pytest
from bundle_json import Files, bundle, changed, node, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.bundle import reader
from pipeline.bundle.reader import read_bundle
from pipeline.errors import BundleError, DataError, PipelineError, UnknownOperatorError
from pipeline.operators.base import Node, Shape
from pipeline.operators.features.imputer import Imputer
from pipeline.operators.registry import known_operators
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.plan import Plan

LABELS = {"labels": texts("a", "b")}


def indexer(name: str, source: str, target: str) -> tuple[str, str, Any, dict[str, str], dict[str, str]]:
    return (name, "string_indexer", LABELS, {"input": source}, {"output": target})


def refused(files: Files, words: str) -> None:
    with pytest.raises(BundleError, match=words):
        read_bundle(files)


def test_an_unknown_operator_is_refused_with_its_place_and_the_known_ones() -> None:
    files = bundle(("p", "pipeline", {"nodes": texts("t")}, {}, {}))
    files |= node("root/p.node/t.node", "crystal_ball", {}, {"input": "s"}, {"output": "o"})
    with pytest.raises(UnknownOperatorError) as caught:
        read_bundle(files)
    assert caught.value.message == "root/p.node/t.node: operator 'crystal_ball' is not known"
    assert caught.value.hint == f"known operators: pipeline, {', '.join(known_operators())}"


@pytest.mark.parametrize("name", sorted(bundle(indexer("n", "s", "o"))))
def test_a_missing_file_is_named(name: str) -> None:
    files = bundle(indexer("n", "s", "o"))
    del files[name]
    refused(files, "no bundle.json at the top" if name == "bundle.json" else f"^{name} is missing$")


@pytest.mark.parametrize("name", sorted(bundle(indexer("n", "s", "o"))))
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"1", b"null", b"\xff", b'{"a": 1, "a": 2}', b'{"a": "\\ud800"}']
)
def test_what_is_no_json_object_is_refused_with_its_file(name: str, content: bytes) -> None:
    refused({**bundle(indexer("n", "s", "o")), name: content}, f"^{name}")


@pytest.mark.parametrize("count", [1000, 100_000])
@pytest.mark.parametrize("brackets", ["[]", '{"a":}'])
@pytest.mark.parametrize("name", ["bundle.json", "root/n.node/model.json", "root/n.node/node.json"])
def test_json_that_nests_too_deeply_is_refused(name: str, brackets: str, count: int) -> None:
    deep = brackets[:-1] * count + "1" + brackets[-1] * count
    refused({**bundle(indexer("n", "s", "o")), name: f'{{"format": "json", "uid": {deep}}}'.encode()}, f"^{name}")


def test_pipelines_that_nest_too_deeply_are_refused() -> None:
    files, folder = bundle(), "root"
    for _ in range(reader.MAX_DEPTH + 1):
        files |= node(folder, "pipeline", {"nodes": texts("p")}, {}, {})
        folder += "/p.node"
    refused(files, f"nest deeper than {reader.MAX_DEPTH}")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["n", "n"], "root/model.json: a node is named twice"),
        (["../n"], "root/model.json: node '../n' is no name of a folder"),
        (["a\\n"], "is no name of a folder"),
        (["x"], r"^root/x\.node/node\.json is missing$"),
    ],
)
def test_names_of_nodes_are_names_of_their_folders(names: list[str], words: str) -> None:
    refused(changed(bundle(indexer("n", "s", "o")), "root/model.json", attributes={"nodes": texts(*names)}), words)


@pytest.mark.parametrize("nodes", ["n", {"n": 1}, [1], ["n", "n"], ["a/n"]])
def test_names_of_nodes_without_a_root_are_checked_too(nodes: Any) -> None:
    files = {"bundle.json": json.dumps({"format": "json", "nodes": nodes}).encode()}
    refused(files | node("n.node", "string_indexer", LABELS, {"input": "s"}, {"output": "o"}), "^bundle.json: ")


@pytest.mark.parametrize("key", ["uid", "name", "version"])
@pytest.mark.parametrize("value", [None, 1, ["a"], {}])
def test_what_a_bundle_says_of_itself_is_text(key: str, value: Any) -> None:
    refused(changed(bundle(indexer("n", "s", "o")), "bundle.json", **{key: value}), f"^bundle.json: {key} is ")


@pytest.mark.parametrize(
    "shape",
    [
        None,
        [],
        {},
        {"inputs": []},
        {"inputs": [], "outputs": []},
        {"inputs": {}, "outputs": {}},
        {"inputs": [{"name": "s"}], "outputs": [{"name": "o", "port": "output"}]},
        {"inputs": [{"name": 1, "port": "input"}], "outputs": [{"name": "o", "port": "output"}]},
        {"inputs": ["s"], "outputs": ["o"]},
        {"inputs": [{"name": "s", "port": "input"}] * 2, "outputs": [{"name": "o", "port": "output"}]},
        {"inputs": [{"name": "s", "port": "input"}], "outputs": []},
        {
            "inputs": [{"name": "s", "port": "input0"}, {"name": "t", "port": "input1"}],
            "outputs": [{"name": "o", "port": "output"}],
        },
    ],
)
def test_ports_that_do_not_fit_the_operator_are_refused(shape: Any) -> None:
    files = changed(bundle(indexer("n", "s", "o")), "root/n.node/node.json", shape=shape)
    refused(files, r"^root/n\.node/node\.json: ")


def test_two_outputs_of_a_node_are_two_columns() -> None:
    several = {"labels_length": {"int": 2}, "labels_array_0": texts("a"), "labels_array_1": texts("b")}
    inputs, outputs = {"input0": "s", "input1": "t"}, {"output0": "o", "output1": "o"}
    refused(bundle(("n", "string_indexer", several, inputs, outputs)), r"root/n\.node/node\.json: two outputs are one")


def test_a_column_that_no_node_makes_is_asked_of_the_caller() -> None:
    files = bundle(indexer("n", "nobody", "o"))
    assert list(Plan(read_bundle(files).nodes).inputs) == ["nobody"]
    scorer = model_cases.scorer_of(files, schema=None)
    with pytest.raises(DataError, match="nobody"):
        scorer.transform(pa.table({"s": ["a"]}), ["o"])
    with pytest.raises(PipelineError, match="nobody"):
        model_cases.scorer_of(files, schema=Schema((Column("s", "string"),)))


@pytest.mark.parametrize(
    "nodes",
    [
        [indexer("n", "a", "b"), indexer("m", "b", "a")],
        [indexer("n", "a", "a")],
        [indexer("n", "b", "c"), indexer("m", "a", "b")],
        [indexer("n", "a", "c"), indexer("m", "b", "c")],
    ],
    ids=["cycle", "onto itself", "read before it is made", "two writers"],
)
def test_a_graph_that_cannot_run_in_order_is_refused_with_the_node(nodes: list[Any]) -> None:
    with pytest.raises(BundleError, match=f"node '{nodes[-1][0]}' writes a column that is there already"):
        Plan(read_bundle(bundle(*nodes)).nodes)


def _good() -> Files:
    surrogate = Node("imputer", Imputer(1.0, float("nan"), "mean"), Shape({"input": "y"}, {"output": "x"}))
    return model_cases.files_of([surrogate, *model_cases.abalone_nodes()])


WORDS = [
    "", "a", "input", "input0", "output", "sex", "x", "hot", "error", "keep", "list", "tensor", "scalar", "pipeline",
    "imputer", "string_indexer", "one_hot_encoder", "vector_assembler", "indexer", "encoder", "\ud800", "\0",
]  # fmt: skip
KEYS = [
    "labels", "labels_length", "labels_array_0", "size", "category_sizes", "drop_last", "handle_invalid", "nodes", "op",
    "input_shapes", "surrogate_value", "missing_value", "strategy", "nullable_input", "attributes", "shape", "name",
    "inputs", "outputs", "port", "type", "value", "int", "long", "string", "double", "boolean", "data_shape",
    "tensorShape", "base", "dimensions", "isNullable", "format", "uid", "version",
]  # fmt: skip
_LEAVES = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, 2, 1 << 31, 1 << 40, 10**30, -(10**30)])
    | st.floats()
    | st.sampled_from(WORDS)
    | st.just("9" * 5000)
)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=5,
)


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _places(inner, (*place, key))


def _mutated(document: Any, draw: Any) -> Any:
    """The document with the value at one place replaced, removed or added to."""
    document = copy.deepcopy(document)
    place = draw(st.sampled_from(list(_places(document))))
    if not place:
        return draw(_JSON)
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    how = draw(st.sampled_from(["replace", "remove", "add"]))
    value = holder[place[-1]]
    if how == "remove":
        del holder[place[-1]]
    elif how == "add" and isinstance(value, dict):
        value[draw(st.sampled_from(KEYS))] = draw(_JSON)
    elif how == "add" and isinstance(value, list):
        value.append(draw(_JSON))
    else:
        holder[place[-1]] = draw(_JSON)
    return document


@settings(max_examples=800)
@given(data=st.data())
def test_a_bundle_with_any_json_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    files = _good()
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(files)))
        files[name] = json.dumps(_mutated(json.loads(files[name]), data.draw)).encode()
    with contextlib.suppress(PipelineError):
        plan = Plan(read_bundle(files).nodes)
        assert not set(plan.inputs) & set(plan.outputs)


@settings(max_examples=300)
@given(data=st.data())
def test_a_bundle_with_any_bytes_in_its_json_is_read_or_refused(data: st.DataObject) -> None:
    files = _good()
    name = data.draw(st.sampled_from(sorted(files)))
    at = data.draw(st.integers(0, len(files[name])))
    until = data.draw(st.integers(at, min(at + 8, len(files[name]))))
    files[name] = files[name][:at] + data.draw(st.binary(max_size=8)) + files[name][until:]
    with contextlib.suppress(PipelineError):
        plan = Plan(read_bundle(files).nodes)
        assert not set(plan.inputs) & set(plan.outputs)
