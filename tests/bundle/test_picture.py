"""A bundle's graph as SVG."""

from __future__ import annotations

from xml.etree import ElementTree

from pipeline.bundle.picture import layers, svg
from pipeline.bundle.reader import Bundle
from pipeline.operators.base import Node, Shape
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler

SVG = "{http://www.w3.org/2000/svg}"


def bundle(count: int = 2) -> Bundle:
    nodes = [
        Node(f"i{at}", StringIndexer(["a"], "error"), Shape({"input": f"größe <{at}>"}, {"output": f"index{at}"}))
        for at in range(count)
    ]
    inputs = {f"input{at}": f"index{at}" for at in range(count)} | {f"input{count}": "x"}
    operator = VectorAssembler([1] * (count + 1), "keep", [True] * (count + 1))
    nodes.append(Node("assembler", operator, Shape(inputs, {"output": "f"})))
    return Bundle("uid", "two & one", "0.20.0", nodes)


def parsed(shown: Bundle) -> ElementTree.Element:
    return ElementTree.fromstring(svg(shown))  # noqa: S314 - our own


def test_a_node_stands_after_all_that_it_reads() -> None:
    assert layers(bundle()) == (["größe <0>", "größe <1>", "x"], [[0, 1], [2]])


def test_the_picture_has_a_box_a_node_and_a_line_a_column_read() -> None:
    root = parsed(bundle())
    assert root.findtext(f"{SVG}title") == "two & one"
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"größe <0>", "x", "string_indexer", "vector_assembler", "index1", "f"} <= set(texts)
    assert len(list(root.iter(f"{SVG}rect"))) == 6
    assert len(list(root.iter(f"{SVG}path"))) == 5


def test_boxes_neither_overlap_nor_leave_the_picture() -> None:
    root = parsed(bundle(12))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    boxes = [
        tuple(float(one.attrib[name]) for name in ("x", "y", "width", "height")) for one in root.iter(f"{SVG}rect")
    ]
    for at, (x, y, wide, high) in enumerate(boxes):
        assert 0 <= x <= width - wide
        assert 0 <= y <= height - high
        for x2, y2, wide2, high2 in boxes[:at]:
            assert x + wide <= x2 or x2 + wide2 <= x or y + high <= y2 or y2 + high2 <= y


def test_what_mleap_cannot_run_has_a_frame_of_its_own() -> None:
    marked = bundle()
    marked.nodes[0].operator.in_mleap = False
    kinds = [one.attrib["class"] for one in parsed(marked).iter(f"{SVG}rect")]
    assert kinds.count("own") == 1
