"""`inference-pipeline local ...`: SageMaker on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="local", help="SageMaker on this machine.", no_args_is_help=True)


@app.callback()
def local() -> None:
    """SageMaker on this machine."""


@app.command("start")
def start(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where it listens; 0 for any free port.")] = 8770,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where jobs, models and objects are kept; a folder of the user's by default.")
    ] = None,
    s3_endpoint: Annotated[
        str | None, typer.Option(help="An S3-compatible store to use instead, with this environment's credentials.")
    ] = None,
    image: Annotated[
        list[str] | None,
        typer.Option(
            help="A further image repository and the known one that it stands for: NAME=sagemaker-xgboost. "
            "NAME=python runs whatever command a processing job of it names, as a process of yours."
        ),
    ] = None,
) -> None:
    """Serve SageMaker's API, its runtime, S3 and what clients need around them, until it is interrupted."""
    from pipeline.local.service import LocalService

    images = {}
    for pair in image or ():
        name, _, meant = pair.partition("=")
        images[name] = meant
    folder = data_dir or _data_home() / "inference-pipeline" / "local"
    service = LocalService(folder, port=port, images=images, s3_endpoint=s3_endpoint)
    service.start()
    typer.echo(f"local SageMaker on {service.url}, data in {folder}")
    typer.echo("clients need no more than this:")
    for name, value in service.client_variables().items():
        typer.echo(f"  export {name}={value}")
    try:
        service.wait()
    except KeyboardInterrupt:
        typer.echo("ending: unfinished jobs go on with the next start")
    finally:
        service.stop()


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
