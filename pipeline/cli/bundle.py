"""`inference-pipeline bundle`: what a bundle holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Look into MLeap bundles.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Look into MLeap bundles."""


@app.command("show")
def show(path: Annotated[Path, typer.Argument(help="A bundle, a model archive or a run folder.")]) -> None:
    """Show a bundle's nodes, in the order they run, as a table."""
    from rich.console import Console
    from rich.table import Table

    from pipeline.scoring.load import load_parts

    bundle = load_parts(path).bundle
    table = Table()
    for title in ("node", "operator", "reads", "writes", "MLeap's runtime"):
        # A long name goes on in the next line; rich would cut it.
        table.add_column(title, overflow="fold")
    for node in bundle.nodes:
        reads, writes = ", ".join(node.shape.inputs.values()), ", ".join(node.shape.outputs.values())
        table.add_row(node.name, node.operator.op, reads, writes, "yes" if node.operator.in_mleap else "no")
    # Names are shown as they are: brackets in them are no markup.
    console = Console(markup=False, emoji=False, highlight=False)
    console.print(f"{bundle.name}, written as MLeap {bundle.version}")
    console.print(table)
