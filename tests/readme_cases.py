"""The figures that README's table of examples names, held against a run's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from tests_paths import ROOT

# A metric's name, its figure, and what it is compared with: "rmse 2.33 (the mean: 3.37)".
_FIGURE = re.compile(r"([a-z][a-z 0-9]*?) (\d+\.(\d+))(?: \([^:()]+: (\d+\.\d+)\))?")


def holds_readme_figures(example: str, metrics: Mapping[str, Any]) -> None:
    """Asserts that a run's metrics are README's, within one of the last digit."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith(f"| [{example}](examples/{example})"))
    figures = _FIGURE.findall(line.rstrip(" |").rpartition("|")[2])
    assert figures, line
    for words, figure, decimals, baseline in figures:
        name = words.strip().replace(" ", "_")
        within = 10.0 ** -len(decimals)
        assert metrics[name] == pytest.approx(float(figure), abs=within), (example, name)
        if baseline:
            assert metrics["baseline"][name] == pytest.approx(float(baseline), abs=within), (example, name, "baseline")
