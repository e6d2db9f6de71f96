"""`inference-pipeline up` and `down`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(help="A file with services, liminal.yml too.", metavar="FILE.yml")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("up")(up)
    app.command("down")(down)


def up(
    file: File,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="The first service's, the others' follow; over the file's own.")
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds until all must answer.")] = 120,
) -> None:
    """Start the services of a file, wait until they answer, and say where; what is up already stays."""
    from pipeline.config import load_task_file
    from pipeline.services.up import up as start

    for found in start(load_task_file(file), file, port=port, wait=wait, say=_say):
        typer.echo(f"{found.service} {'is' if found.was_up else 'came'} up on {found.url}")
        for path in found.paths:
            typer.echo(f"  {found.url}{path}")
        _say(f"  log: {found.log}")


def down(file: File) -> None:
    """Stop the services of a file, after what they are just answering; it can be repeated."""
    from pipeline.services.up import down as stop

    stopped = stop(file)
    typer.echo("\n".join(f"{name} is down" for name in stopped) or "nothing was up")


def _say(text: str) -> None:
    typer.echo(text, err=True)
