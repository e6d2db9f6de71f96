"""matplotlib's SVG as a part of an HTML page: themed, without ids that clash, the same bytes every time."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from pipeline.report.plots.palette import VARIABLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMESPACE = re.compile(r"\{[^}]*\}")
COLOUR = re.compile(r"#[0-9a-f]{6}\b")
FONT_FAMILY = re.compile(r"font-family: [^;]*;? ?")
REFERENCE = re.compile(r"#([\w.-]+)")
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def to_svg(figure: Figure) -> str:
    """The figure as an `<svg>` element, hidden from screen readers: the `<figure>` around it has the words."""
    buffer = BytesIO()
    figure.savefig(buffer, format="svg", metadata=NO_METADATA)
    root = ElementTree.fromstring(buffer.getvalue())  # noqa: S314 - written two lines above
    for element in root.iter():
        _adapt(element)
    _drop_global_style(root)
    _drop_unused_ids(root)
    for group in root.iter("g"):
        _share_style(group)
    box = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib.update({"viewBox": box, "aria-hidden": "true", "focusable": "false"})
    return re.sub(r">\s+<", "><", ElementTree.tostring(root, encoding="unicode"))


def _adapt(element: ElementTree.Element) -> None:
    """Names without namespaces, colours as variables, the page's font."""
    element.tag = NAMESPACE.sub("", element.tag)
    for name, value in list(element.attrib.items()):
        del element.attrib[name]
        if name == "style":
            value = FONT_FAMILY.sub("", COLOUR.sub(lambda match: VARIABLES[match.group()], value))  # noqa: PLW2901
        element.set(NAMESPACE.sub("", name), " ".join(value.split()))


def _drop_global_style(root: ElementTree.Element) -> None:
    """A `<style>` inside an inline SVG would style the whole page; theme.css has its rule for plots only."""
    for defs in root.findall("defs"):
        for style in defs.findall("style"):
            defs.remove(style)


def _drop_unused_ids(root: ElementTree.Element) -> None:
    used = {
        name
        for element in root.iter()
        for attribute in ("href", "clip-path")
        for name in REFERENCE.findall(element.get(attribute, ""))
    }
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)


def _share_style(group: ElementTree.Element) -> None:
    """Hundreds of marks of one style carry it once, on their group."""
    styles = {child.get("style") for child in group}
    if len(group) > 1 and len(styles) == 1 and {child.tag for child in group} == {"use"}:
        style = styles.pop()
        if style is not None and not re.search(r"(^|; )opacity:", style):  # opacity is not inherited but multiplied
            group.set("style", style)
            for child in group:
                del child.attrib["style"]
