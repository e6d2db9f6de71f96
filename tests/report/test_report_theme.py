"""Colours: enough contrast in light and dark, and none in a plot that the theme does not set."""

import re
from pathlib import Path

import pytest

import pipeline.report
from pipeline.report import write_report
from pipeline.report.plots.palette import VARIABLES

THEME = (Path(pipeline.report.__file__).parent / "theme.css").read_text(encoding="utf-8")
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in THEME.split("@media screen and"))
BACKGROUNDS = ("page", "surface", "sunken")
TEXTS = ("ink", "muted", "accent", "second", "good", "warn", "bad")


def _channel(value):
    return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4


def _luminance(rgb):
    return sum(weight * _channel(value) for weight, value in zip((0.2126, 0.7152, 0.0722), rgb, strict=True))


def _rgb(colour):
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def _contrast(first, second):
    low, high = sorted([_luminance(first), _luminance(second)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_legible_on_every_background(theme):
    pairs = [(text, background) for text in TEXTS for background in BACKGROUNDS]
    pairs += [(level, f"{level}-tint") for level in ("good", "warn", "bad")]
    poor = {pair: round(_contrast(_rgb(theme[pair[0]]), _rgb(theme[pair[1]])), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_counts_are_legible_on_a_confusion_cell(theme, share):
    opacity = 0.04 + 0.46 * share
    accent, page = _rgb(theme["accent"]), _rgb(theme["page"])
    cell = [opacity * one + (1 - opacity) * other for one, other in zip(accent, page, strict=True)]
    assert _contrast(_rgb(theme["ink"]), cell) >= 4.5


def test_both_themes_set_the_same_colours():
    assert set(LIGHT) == set(DARK)
    assert {variable[6:-1] for variable in VARIABLES.values()} <= set(LIGHT)


def test_plots_take_every_colour_from_the_theme(trained, tmp_path, page):
    write_report(*trained, tmp_path / "report.html")
    found = page(tmp_path / "report.html")
    start = next(place for place, (tag, _) in enumerate(found.elements) if tag == "svg")
    for tag, attributes in found.elements[start:]:
        style = attributes.get("style", "")
        assert not re.search(r"#[0-9a-f]{3}|rgb", style), (tag, style)
        assert set(re.findall(r"var\(--([\w-]+)\)", style)) <= set(LIGHT)
        if tag == "text":
            assert "fill: var(--" in style, attributes
