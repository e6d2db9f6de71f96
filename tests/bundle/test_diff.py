"""bundle diff."""

from __future__ import annotations

from pipeline.bundle.diff import Change, diff, shown
from pipeline.bundle.reader import read_bundle
from pipeline.bundle.writer import nodes_files
from pipeline.operators.base import Node, Shape
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler


def indexer(labels: list[str], column: str = "s", name: str = "indexer") -> Node:
    return Node(name, StringIndexer(labels, "error"), Shape({"input": column}, {"output": f"{name}_index"}))


ASSEMBLER = Node("assembler", VectorAssembler([1], "keep", [True]), Shape({"input0": "x"}, {"output": "f"}))


def changes(left: list[Node], right: list[Node]) -> list[Change]:
    return diff(read_bundle(nodes_files("left", left)), read_bundle(nodes_files("right", right)))


def test_bundles_of_other_names_mean_the_same() -> None:
    assert changes([indexer(["a", "ß"]), ASSEMBLER], [indexer(["a", "ß"]), ASSEMBLER]) == []


def test_another_attribute_and_another_column_are_named() -> None:
    found = changes([indexer(["a", "b"])], [indexer(["b", "a"], "t")])
    assert [(one.node, one.what) for one in found] == [("indexer", "input input"), ("indexer", "labels")]
    assert (found[0].left, found[0].right) == ("s", "t")
    assert '["a", "b"]' in shown(found[1].left)


def test_a_node_that_one_side_lacks_is_named_with_its_operator() -> None:
    assert changes([indexer(["a"]), ASSEMBLER], [indexer(["a"])]) == [
        Change("assembler", "node", "vector_assembler", None)
    ]
    assert changes([indexer(["a"])], [indexer(["a"]), ASSEMBLER]) == [
        Change("assembler", "node", None, "vector_assembler")
    ]


def test_another_order_is_a_difference() -> None:
    found = changes([indexer(["a"]), ASSEMBLER], [ASSEMBLER, indexer(["a"])])
    assert found == [Change("", "order", "indexer, assembler", "assembler, indexer")]


def test_long_values_are_cut() -> None:
    assert shown("x" * 1000) == "x" * 57 + "..."
    assert (shown(None), shown(b"abc")) == ("-", "3 bytes")
