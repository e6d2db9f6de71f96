"""`inference-pipeline bundle` beyond `show`: convert, diff, verify, the picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import run

from pipeline.bundle.archive import read_files
from pipeline.bundle.pack import write_files
from pipeline.bundle.writer import nodes_files
from pipeline.mleap.runtime import available
from pipeline.operators.base import Node, Shape
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write(tmp_path / "bundle.zip", ["a", "größe"])


def write(path: Path, labels: list[str]) -> Path:
    nodes = [
        Node("indexer", StringIndexer(labels, "keep"), Shape({"input": "s"}, {"output": "index"})),
        Node(
            "assembler",
            VectorAssembler([1, 1], "keep", [True, True]),
            Shape({"input0": "index", "input1": "x"}, {"output": "features"}),
        ),
    ]
    return write_files(nodes_files("tools", nodes), path)


@pytest.mark.parametrize("name", ["new.tar.gz", "new.zip", "folder"])
def test_convert_keeps_the_meaning(bundle: Path, tmp_path: Path, name: str) -> None:
    done = run("bundle", "convert", str(bundle), str(tmp_path / name))
    assert (done.returncode, done.stderr) == (0, "")
    assert read_files(tmp_path / name) == read_files(bundle)
    same = run("bundle", "diff", str(bundle), str(tmp_path / name))
    assert (same.returncode, same.stdout) == (0, "the bundles mean the same\n")


def test_diff_says_what_differs_and_ends_with_one(bundle: Path, tmp_path: Path) -> None:
    done = run("bundle", "diff", str(bundle), str(write(tmp_path / "other.zip", ["größe", "a"])))
    assert done.returncode == 1
    assert "labels" in done.stdout
    assert "größe" in done.stdout


def test_show_writes_the_picture(bundle: Path, tmp_path: Path) -> None:
    done = run("bundle", "show", str(bundle), "--svg", str(tmp_path / "graph.svg"))
    assert done.returncode == 0
    assert "string_indexer" in (tmp_path / "graph.svg").read_text(encoding="utf-8")


@pytest.mark.mleap
def test_verify_holds_every_column_against_mleap(bundle: Path, tmp_path: Path) -> None:
    if why := available():
        pytest.skip(why)
    rows = tmp_path / "rows.csv"
    rows.write_text("a,1\ngröße,-0.0\nnew,2.5\n", encoding="utf-8")
    done = run("bundle", "verify", str(bundle), str(rows))
    assert done.returncode == 0, done.stderr
    assert "3 rows, native against MLeap 0.20.0" in done.stdout
    lines = [line.replace("│", " ").split() for line in done.stdout.splitlines()]
    assert ["index", "3", "0"] in lines
    assert ["features", "6", "0"] in lines


def test_verify_counts_values_that_differ() -> None:
    from pipeline.verification.bundle import _compare

    total = [0, 0]
    _compare([1.0, float("nan"), -0.0], [1.0, float("nan"), 0.0], total)
    _compare({"size": 3, "indices": [1], "values": [2.0]}, [0.0, 2.0, 1.0], total)
    _compare("a", "b", total)
    _compare([1.0], [1.0, 2.0], total)
    assert total == [8, 4]
