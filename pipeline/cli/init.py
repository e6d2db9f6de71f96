"""`inference-pipeline init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("init")(init)


def init(
    data: Annotated[Path, typer.Argument(help="Your CSV file.", metavar="DATA.csv")],
    output: Annotated[Path, typer.Option(help="The folder to write schema.json and pipeline.yml into.")],
    label: Annotated[
        str | None, typer.Option(help="The column to predict: its name, or its place (-1 the last).")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The pipeline's name; the file's by default.")] = None,
    header: Annotated[
        bool | None, typer.Option(help="Whether the first line holds names; found out by default.")
    ] = None,
    delimiter: Annotated[str | None, typer.Option(help="What stands between values; found out by default.")] = None,
    force: Annotated[bool, typer.Option(help="Overwrite files that are there.")] = False,
) -> None:
    """Draw a data contract and a pipeline file from your own data, ready to run."""
    from pipeline.init import init as run_init

    result = run_init(data, label=label, output=output, name=name, header=header, delimiter=delimiter, force=force)
    for note in result.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"wrote {result.schema_path} and {result.config_path}", err=True)
    typer.echo(f"next: inference-pipeline run {result.config_path}", err=True)
