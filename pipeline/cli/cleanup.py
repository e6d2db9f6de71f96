"""`inference-pipeline cleanup`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.targets import plan_of, task_plans


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("cleanup")(cleanup)


def cleanup(
    file: Annotated[Path, typer.Argument(help="The pipeline file.", metavar="PIPELINE.yml")],
    run_key: Annotated[
        str | None, typer.Option(help="Whose things; made of the file by default, as `run` does.")
    ] = None,
    files: Annotated[bool, typer.Option("--files", help="Delete the run's files in S3 too.")] = False,
) -> None:
    """Delete what a run made on SageMaker, the endpoint first; it can be repeated."""
    from pipeline.config import TaskFile, load_file
    from pipeline.sending.cleanup import clean_up
    from pipeline.sending.clients import make_clients

    config = load_file(file)
    plans = task_plans(file, config, None, run_key) if isinstance(config, TaskFile) else [plan_of(file, run_key)[1]]
    for plan in plans:
        count = clean_up(plan, make_clients(plan.region), typer.echo, files=files)
        typer.echo(f"run {plan.run_key}: {count} deleted" if count else f"run {plan.run_key}: nothing is left of it")
