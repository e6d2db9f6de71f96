"""`inference-pipeline run`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.targets import Target, plan_of, refuse_options, task_plans

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.config import TaskFile
    from pipeline.plan import Plan
    from pipeline.run.job_progress import JobProgress


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("run")(run)


def run(
    file: Annotated[Path, typer.Argument(help="The pipeline file.", metavar="PIPELINE.yml")],
    data: Annotated[Path | None, typer.Option("--input", help="File or folder of rows, over the file's own.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="The run folder; runs/NAME by default. On SageMaker, runs/NAME-KEY: what the jobs said."),
    ] = None,
    target: Annotated[
        Target, typer.Option(help="This machine, or SageMaker: on AWS, or where AWS_ENDPOINT_URL says.")
    ] = Target.LOCAL,
    run_key: Annotated[
        str | None, typer.Option(help="On SageMaker: what tells this run's names from others'; made of the file else.")
    ] = None,
    pipeline: Annotated[
        str | None, typer.Option(help="Of a file with tasks: one of its pipelines; all of them by default.")
    ] = None,
) -> None:
    """Run a pipeline: ETL, bundle, training, verification, endpoint, batch, report; or the tasks that a file lists."""
    from rich.console import Console

    from pipeline.config import TaskFile, load_file

    console = Console(stderr=True)
    config = load_file(file)
    if isinstance(config, TaskFile):
        refuse_options(file, {"--input": data})
        _run_tasks(config, file, pipeline, output, console, target, run_key)
        return
    refuse_options(file, {"--pipeline": pipeline})
    if target is Target.SAGEMAKER:
        _run_on_sagemaker(file, run_key, data, output, console)
    else:
        _run_here(file, data, output, console)


def _run_here(file: Path, data: Path | None, output: Path | None, console: Console) -> None:
    from rich.markup import escape

    from pipeline.run import run_pipeline

    folder = run_pipeline(file, data=data, output=output, console=console)
    shown = escape(_shown(folder))
    console.print(f"\n[bold]{shown}[/]: open report.html; next: inference-pipeline serve {shown}")


def _run_tasks(
    config: TaskFile,
    file: Path,
    pipeline: str | None,
    output: Path | None,
    console: Console,
    target: Target,
    run_key: str | None,
) -> None:
    from rich.markup import escape

    from pipeline.tasks.run import run_tasks

    if target is Target.SAGEMAKER:
        _run_tasks_on_sagemaker(config, file, pipeline, output, console, run_key)
        return
    folder = run_tasks(config, file, only=pipeline, output=output, console=console)
    shown = escape(_shown(folder))
    console.print(f"\n[bold]{shown}[/]: run.json and the tasks' logs")


def _run_tasks_on_sagemaker(
    config: TaskFile,
    file: Path,
    pipeline: str | None,
    output: Path | None,
    console: Console,
    run_key: str | None,
) -> None:
    from pipeline.sending.clients import make_clients
    from pipeline.sending.send import send_plan

    for plan in task_plans(file, config, pipeline, run_key):
        send_plan(plan, None, make_clients(plan.region), _progress(plan, output, console))
        console.print(f"\nrun [bold]{plan.run_key}[/] of {plan.pipeline} is done", highlight=False)


def _run_on_sagemaker(
    file: Path, run_key: str | None, data: Path | None, output: Path | None, console: Console
) -> None:
    from pipeline.evaluation.judge import judge
    from pipeline.sending.clients import make_clients
    from pipeline.sending.send import send_plan

    config, plan = plan_of(file, run_key, data)
    clients = make_clients(plan.region)
    gate = None if config.gate is None else functools.partial(judge, config, plan, clients)
    send_plan(plan, config, clients, _progress(plan, output, console), judge=gate)
    console.print(
        f"\nrun [bold]{plan.run_key}[/] is done; its files are below {plan.root}\n"
        f"what it made costs money until: inference-pipeline cleanup {file} --run-key {plan.run_key}",
        highlight=False,
    )


def _progress(plan: Plan, output: Path | None, console: Console) -> JobProgress:
    """Shows what the jobs of a plan say, and keeps it in the run folder; raises ConfigError where there can be none."""
    from pipeline.errors import ConfigError
    from pipeline.run.job_logs import JobLogs
    from pipeline.run.job_progress import JobProgress

    folder = (output or Path("runs") / f"{plan.pipeline}-{plan.run_key}") / "logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot write to {folder}: {error.strerror}", hint="name another --output") from error
    return JobProgress(console, logs=JobLogs(folder))


def _shown(folder: Path) -> str:
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
