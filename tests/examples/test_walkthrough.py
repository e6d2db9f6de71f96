"""The notebook, executed as a reader would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from tests_paths import ROOT

NOTEBOOK = ROOT / "examples" / "abalone" / "walkthrough.ipynb"


@pytest.fixture(scope="module")
def executed() -> Any:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(NOTEBOOK.parent)}})
    return client.execute()


def said(notebook: Any) -> str:
    return "".join(output["text"] for output in outputs(notebook) if output["output_type"] == "stream")


def outputs(notebook: Any) -> Iterator[Any]:
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


@pytest.mark.spark
def test_the_way_ends_well(executed: Any) -> None:
    text = said(executed)
    assert "abalone-walk-endpoint, InService" in text
    assert "predictions, equal to the endpoint's: True" in text
    assert "row 1, column 'diameter': found 'many'; expected a number" in text
    assert "DeleteEndpoint: abalone-walk-endpoint" in text


@pytest.mark.spark
def test_its_pictures_are_drawn(executed: Any) -> None:
    kinds = [kind for output in outputs(executed) for kind in output.get("data", {}) if kind.startswith("image/")]
    assert kinds.count("image/png") == 2
    assert kinds.count("image/svg+xml") == 1


def test_what_readers_see_is_of_these_cells() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert "equal to the endpoint's: True" in said(notebook)
