"""`inference-pipeline`: the commands, and how an error is shown."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import typer

from pipeline.cli import bundle, cleanup, deploy, init, local, plan, run, score, serve, services
from pipeline.errors import PipelineError

# Typer ends with this status when a KeyboardInterrupt reaches it.
INTERRUPTED = 130

app = typer.Typer(
    name="inference-pipeline",
    help="From a Spark feature pipeline to a fast, correct prediction service.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (run, plan, cleanup, deploy, serve, score, init, services):
    command.register(app)
app.add_typer(bundle.app, name="bundle")
app.add_typer(local.app, name="local")


@app.callback(invoke_without_command=True)
def version(show: bool = typer.Option(False, "--version", help="Show the version and leave.")) -> None:
    """From a Spark feature pipeline to a fast, correct prediction service."""
    if show:
        import pipeline

        typer.echo(pipeline.__version__)
        raise typer.Exit


def main() -> None:
    """The console script: an error on purpose or of the system is its message and status 1, an interrupt status 130."""
    # A supervisor's SIGTERM ends a command as Ctrl-C does: tidily.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except (PipelineError, OSError) as error:
        typer.secho(f"error: {error}", fg=typer.colors.RED if sys.stderr.isatty() else None, err=True)
        # What could not be written is not tried again while Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            typer.echo("interrupted: nothing was left half-written", err=True)
        raise


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
