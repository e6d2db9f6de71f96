"""`inference-pipeline plan`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.targets import plan_of, refuse_options, task_plans


class Target(StrEnum):
    """Whose requests."""

    SAGEMAKER = "sagemaker"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("plan")(plan)


def plan(
    file: Annotated[Path, typer.Argument(help="The pipeline file.", metavar="PIPELINE.yml")],
    target: Annotated[Target, typer.Option(help="Whose requests.")] = Target.SAGEMAKER,
    only: Annotated[
        str | None, typer.Option(help="One request alone, by its step or operation: training, CreateTrainingJob.")
    ] = None,
    run_key: Annotated[
        str | None, typer.Option(help="What tells this run's names from others'; made of the file by default.")
    ] = None,
    data: Annotated[Path | None, typer.Option("--input", help="File or folder of rows, over the file's own.")] = None,
    pipeline: Annotated[str | None, typer.Option(help="Of a file with tasks: which of its pipelines.")] = None,
) -> None:
    """Print the requests that a run would send, as JSON; nothing is sent."""
    from pipeline.config import TaskFile, load_file
    from pipeline.errors import ConfigError
    from pipeline.plan.document import plan_document

    config = load_file(file)
    if isinstance(config, TaskFile):
        refuse_options(file, {"--input": data})
        made, *others = task_plans(file, config, pipeline, run_key)
        if others:
            raise ConfigError(f"{file} has several pipelines", hint=f"--pipeline: {', '.join(config.pipelines)}")
    else:
        refuse_options(file, {"--pipeline": pipeline})
        _, made = plan_of(file, run_key, data)
    if only is None:
        typer.echo(json.dumps(plan_document(made), indent=2, ensure_ascii=False))
        return
    step = made.step(only)
    if step is None:
        raise ConfigError(f"the plan has no step {only!r}", hint=f"steps: {', '.join(one.name for one in made.steps)}")
    typer.echo(json.dumps(step.request, indent=2, ensure_ascii=False))
