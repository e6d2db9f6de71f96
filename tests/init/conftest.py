"""Small CSV files, and what is drawn from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.init import InitResult, init

Draw = Callable[..., InitResult]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Writes text or bytes as data.csv and draws from it, by default with the last column as label."""

    def drawn(content: str | bytes, label: str | None = "-1", **options: Any) -> InitResult:
        data = tmp_path / "data.csv"
        data.write_bytes(content.encode() if isinstance(content, str) else content)
        return init(data, label=label, output=tmp_path / "drawn", **options)

    return drawn


@pytest.fixture
def draw_column(draw: Draw) -> Draw:
    """Draws from a column `x` of given cells, repeated beside a second feature and a label, until `rows` rows."""

    def drawn(cells: Sequence[str], name: str = "x", rows: int = 120) -> InitResult:
        lines = [f"{cells[at % len(cells)]},{at % 7}.5,{at * at % 11}.25" for at in range(rows)]
        return draw("\n".join([f"{name},other,y", *lines]) + "\n", label="y", force=True)

    return drawn
