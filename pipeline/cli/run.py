"""`inference-pipeline run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("run")(run)


def run(
    file: Annotated[Path, typer.Argument(help="The pipeline file.", metavar="PIPELINE.yml")],
    data: Annotated[Path | None, typer.Option("--input", help="File or folder of rows, over the file's own.")] = None,
    output: Annotated[Path | None, typer.Option(help="The run folder; runs/NAME by default.")] = None,
) -> None:
    """Run a pipeline: ETL, bundle, training, verification, endpoint, batch, report."""
    from rich.console import Console
    from rich.markup import escape

    from pipeline.run import run_pipeline

    console = Console(stderr=True)
    folder = run_pipeline(file, data=data, output=output, console=console)
    shown = escape(_shown(folder))
    console.print(f"\n[bold]{shown}[/]: open report.html; next: inference-pipeline serve {shown}")


def _shown(folder: Path) -> str:
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
