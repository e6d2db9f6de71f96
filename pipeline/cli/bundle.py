"""`inference-pipeline bundle`: what a bundle holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

_FEW = 10
_WHAT = "A bundle, a model archive or a run folder."

app = typer.Typer(help="Look into MLeap bundles.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Look into MLeap bundles."""


@app.command("show")
def show(
    path: Annotated[Path, typer.Argument(help=_WHAT)],
    svg: Annotated[Path | None, typer.Option(help="Write the graph as a picture, too.")] = None,
) -> None:
    """Show a bundle's nodes, in the order they run, as a table; which of them MLeap's runtime can run."""
    from rich.console import Console
    from rich.table import Table

    from pipeline.scoring.load import load_parts

    bundle = load_parts(path).bundle
    table = Table()
    for title in ("node", "operator", "reads", "writes", "MLeap's runtime"):
        # A long name goes on in the next line; rich would cut it.
        table.add_column(title, overflow="fold")
    for node in bundle.nodes:
        reads, writes = _few(node.shape.inputs), _few(node.shape.outputs)
        table.add_row(node.name, node.operator.op, reads, writes, "yes" if node.operator.in_mleap else "no")
    # Names are shown as they are: brackets in them are no markup.
    console = Console(markup=False, emoji=False, highlight=False)
    console.print(f"{bundle.name}, written as MLeap {bundle.version}")
    console.print(table)
    if svg is not None:
        from pipeline.bundle.picture import svg as draw

        svg.write_text(draw(bundle), encoding="utf-8")


def _few(ports: Mapping[str, str]) -> str:
    columns = list(ports.values())
    more = f" and {len(columns) - _FEW} more" if len(columns) > _FEW else ""
    return ", ".join(columns[:_FEW]) + more


@app.command("convert")
def convert(
    source: Annotated[Path, typer.Argument(help=_WHAT)],
    target: Annotated[Path, typer.Argument(help="A .zip, a .tar.gz, or a new folder.")],
) -> None:
    """Write a bundle anew: in today's form whatever its version was, as the archive or folder that TARGET names."""
    from pipeline.bundle.pack import write_files
    from pipeline.bundle.writer import nodes_files
    from pipeline.operators.values import to_json
    from pipeline.scoring.load import load_parts

    parts = load_parts(source)
    files = nodes_files(parts.bundle.name, parts.bundle.nodes)
    if parts.schema is not None:
        files["schema.json"] = to_json(parts.schema.to_dict()).encode()
    write_files(files, target)


@app.command("diff")
def diff(left: Annotated[Path, typer.Argument(help=_WHAT)], right: Annotated[Path, typer.Argument(help=_WHAT)]) -> None:
    """Say what two bundles do differently, node by node; the exit status is 1 where they do."""
    from rich.console import Console
    from rich.table import Table

    from pipeline.bundle.diff import diff as changes_of
    from pipeline.bundle.diff import shown
    from pipeline.scoring.load import load_parts

    changes = changes_of(load_parts(left).bundle, load_parts(right).bundle)
    console = Console(markup=False, emoji=False, highlight=False)
    if not changes:
        console.print("the bundles mean the same")
        return
    table = Table()
    for title in ("node", "what", str(left), str(right)):
        table.add_column(title, overflow="fold")
    for change in changes:
        table.add_row(change.node, change.what, shown(change.left), shown(change.right))
    console.print(table)
    raise typer.Exit(1)


@app.command("verify")
def verify(
    path: Annotated[Path, typer.Argument(help=_WHAT)],
    rows: Annotated[Path, typer.Argument(help="CSV, JSON lines or Parquet: a file or a folder.")],
    header: Annotated[bool, typer.Option(help="The CSV starts with a line of names.")] = False,
    delimiter: Annotated[str, typer.Option(help="What stands between the CSV's values.")] = ",",
) -> None:
    """Hold each column that the bundle makes of ROWS against MLeap's runtime; the exit status is 1 if one differs."""
    from rich.console import Console
    from rich.table import Table

    from pipeline.data.csv import CsvOptions
    from pipeline.verification.bundle import verify_bundle

    found = verify_bundle(path, rows, CsvOptions(delimiter, header))
    table = Table()
    for title in ("column", "values", "differences"):
        table.add_column(title, overflow="fold")
    for column in found.columns:
        table.add_row(column.name, f"{column.values:,}", f"{column.differences:,}")
    console = Console(markup=False, emoji=False, highlight=False)
    console.print(f"{found.rows:,} rows, native against MLeap {found.version}")
    console.print(table)
    if any(column.differences for column in found.columns):
        raise typer.Exit(1)
