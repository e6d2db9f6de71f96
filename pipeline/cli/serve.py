"""`inference-pipeline serve`."""

from __future__ import annotations

import sys

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(
        "serve",
        # The server parses its own arguments: a container starts it without this command line.
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    )(serve)


def serve(context: typer.Context) -> None:
    """Serve a model: /ping, /invocations, /execution-parameters."""
    from pipeline.serving.__main__ import main

    sys.exit(main(context.args, program="inference-pipeline serve"))
