"""The picture of a bundle as a part of a page, and the same in words."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup

from pipeline.bundle.picture import svg
from pipeline.bundle.reader import Bundle

_NAMESPACE = "{http://www.w3.org/2000/svg}"
# A browser lays out thousands of boxes slowly, and nobody reads them.
_MOST_NODES = 1_000


@dataclass(frozen=True)
class Stage:
    """One operator with the columns that it reads and makes."""

    op: str
    inputs: list[str]
    outputs: list[str]


def picture(bundle: Bundle) -> Markup | None:
    """An `<svg>` that takes its colours from the page.

    None for a bundle that is too large to be looked at, or whose columns have characters that XML has not.
    """
    if not bundle.nodes or len(bundle.nodes) > _MOST_NODES:
        return None
    try:
        root = ElementTree.fromstring(svg(bundle))  # noqa: S314 - written by the call itself
    except ElementTree.ParseError:
        return None
    for element in root.iter():
        element.tag = element.tag.removeprefix(_NAMESPACE)
    # Its style would be the whole page's, which has rules of its own for it; its title is the figure's name.
    for name in ("style", "title"):
        for element in root.findall(name):
            root.remove(element)
    _, _, width, height = root.get("viewBox", "0 0 0 0").split()
    root.attrib.update({"width": width, "height": height, "aria-hidden": "true", "focusable": "false"})
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 - escaped by ElementTree


def stages(bundle: Bundle) -> list[Stage]:
    """The operators in the order they run."""
    return [
        Stage(node.operator.op, list(node.shape.inputs.values()), list(node.shape.outputs.values()))
        for node in bundle.nodes
    ]
