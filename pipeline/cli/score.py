"""`inference-pipeline score`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("score")(score)


def score(
    model: Annotated[Path, typer.Argument(help="A run folder, a model archive or a bundle.")],
    data: Annotated[Path, typer.Argument(help="CSV, JSON lines or Parquet: a file or a folder.", metavar="INPUT")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; its name tells the format.")],
    output_columns: Annotated[str, typer.Option(help="Columns to write, by commas; any that the bundle has.")] = "",
    header: Annotated[bool, typer.Option(help="The CSV input starts with a line of names.")] = False,
    quoted_rows: Annotated[bool, typer.Option(help="Rows may stand in quotes as a whole.")] = False,
    delimiter: Annotated[str, typer.Option(help="What stands between the CSV input's values.")] = ",",
    input_format: Annotated[
        str | None, typer.Option(help="csv, json or parquet, where the name does not tell.")
    ] = None,
) -> None:
    """Score files with a model, in a stream."""
    from pipeline.batch.score import score as run_score
    from pipeline.cli.progress import score_progress
    from pipeline.data.csv import CsvOptions

    columns = [name.strip() for name in output_columns.split(",") if name.strip()] or None
    with score_progress(enabled=sys.stderr.isatty()) as progress:
        result = run_score(
            model,
            data,
            output,
            output_columns=columns,
            options=CsvOptions(delimiter, header, quoted_rows),
            input_format=input_format,
            progress=progress,
        )
    rate = result.rows / max(result.seconds, 1e-9)
    typer.echo(f"{result.rows:,} rows in {result.seconds:.1f} s ({rate:,.0f} rows/s): {output}", err=True)
