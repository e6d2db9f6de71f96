"""A bundle's graph as a picture: raw columns on the left, each node in the layer after what it reads."""

from __future__ import annotations

from typing import Dict, List, Sequence, Tuple
from xml.etree.ElementTree import Element, SubElement, tostring

from pipeline.bundle.reader import Bundle
from pipeline.operators.base import Node

Place = Tuple[int, int]

# In SVG units: a letter's width, the space inside a box, its height, the space between boxes and between layers.
_LETTER, _PAD, _BOX, _GAP, _ROOM = 8, 10, 40, 16, 60
_STEP = _BOX + _GAP
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1f2933}.op{font-weight:600}"
    "rect{fill:#f4f6f8;stroke:#52606d}.raw{fill:#fff}.own{stroke-dasharray:4 3}path{fill:none;stroke:#9aa5b1}"
    "@media(prefers-color-scheme:dark){text{fill:#e4e7eb}rect{fill:#1f2933;stroke:#9aa5b1}.raw{fill:#12171d}}"
)


def layers(bundle: Bundle) -> Tuple[List[str], List[List[int]]]:
    """The raw columns, and the places of the nodes layer by layer: a node reads only what earlier layers make."""
    depth: Dict[str, int] = {}
    raw: List[str] = []
    found: List[List[int]] = []
    for at, node in enumerate(bundle.nodes):
        for column in node.shape.inputs.values():
            if column not in depth:
                depth[column] = 0
                raw.append(column)
        layer = max((depth[column] for column in node.shape.inputs.values()), default=0)
        found += [[] for _ in range(layer + 1 - len(found))]
        found[layer].append(at)
        depth.update(dict.fromkeys(node.shape.outputs.values(), layer + 1))
    return raw, found


def svg(bundle: Bundle) -> str:
    """The picture as SVG text; nodes that MLeap's runtime cannot run have a dashed frame."""
    raw, levels = layers(bundle)
    boxes = [[("", name, "raw") for name in raw], *[[_of_node(bundle.nodes[at]) for at in level] for level in levels]]
    widths = [max(len(text) for op, name, _ in layer for text in (op, name)) * _LETTER + 2 * _PAD for layer in boxes]
    places: Dict[Place, Tuple[int, int]] = {(0, row): (_GAP, _GAP + row * _STEP) for row in range(len(raw))}
    makers: Dict[str, Place] = {name: (0, row) for row, name in enumerate(raw)}
    left = _GAP
    for layer, level in enumerate(levels, start=1):
        left += widths[layer - 1] + _ROOM
        read = [[makers[name] for name in dict.fromkeys(bundle.nodes[at].shape.inputs.values())] for at in level]
        wanted = [sum(places[place][1] for place in inputs) // max(len(inputs), 1) for inputs in read]
        places.update({(layer, row): (left, top) for row, top in enumerate(_apart(wanted))})
        for row, at in enumerate(level):
            makers.update(dict.fromkeys(bundle.nodes[at].shape.outputs.values(), (layer, row)))
    width, height = left + widths[-1] + _GAP, max(top for _, top in places.values()) + _STEP
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {width} {height}"})
    SubElement(root, "title").text = bundle.name
    SubElement(root, "style").text = _STYLE
    for layer, level in enumerate(levels, start=1):
        for row, at in enumerate(level):
            for source in dict.fromkeys(bundle.nodes[at].shape.inputs.values()):
                _line(root, places[makers[source]], widths[makers[source][0]], places[layer, row])
    for (layer, row), place in places.items():
        _box(root, place, widths[layer], boxes[layer][row])
    return tostring(root, encoding="unicode") + "\n"


def _apart(wanted: Sequence[int]) -> List[int]:
    """Heights as near to the wanted ones as boxes that do not overlap can be, downwards."""
    tops = list(wanted)
    free = _GAP
    for row in sorted(range(len(wanted)), key=lambda row: wanted[row]):
        tops[row] = max(wanted[row], free)
        free = tops[row] + _STEP
    return tops


def _of_node(node: Node) -> Tuple[str, str, str]:
    return node.operator.op, ", ".join(node.shape.outputs.values()), "node" if node.operator.in_mleap else "own"


def _line(root: Element, source: Tuple[int, int], width: int, target: Tuple[int, int]) -> None:
    x, y = source[0] + width, source[1] + _BOX // 2
    end, height = target[0], target[1] + _BOX // 2
    middle = (x + end) // 2
    SubElement(root, "path", {"d": f"M{x} {y}C{middle} {y} {middle} {height} {end} {height}"})


def _box(root: Element, place: Place, width: int, shown: Tuple[str, str, str]) -> None:
    (x, y), (op, name, kind) = place, shown
    frame = {"x": str(x), "y": str(y), "width": str(width), "height": str(_BOX), "rx": "5", "class": kind}
    SubElement(root, "rect", frame)
    if op:
        SubElement(root, "text", {"x": str(x + _PAD), "y": str(y + 16), "class": "op"}).text = op
    SubElement(root, "text", {"x": str(x + _PAD), "y": str(y + (32 if op else 24))}).text = name
