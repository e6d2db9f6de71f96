"""`inference-pipeline deploy` and `destroy`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

NAME = "inference-pipeline"
# What `run --target sagemaker` needs; it costs nothing while it is not used.
_FIRST = ("bucket", "sagemaker-roles")

Stacks = Annotated[list[str] | None, typer.Argument(help="Which stacks, see cfn/.", metavar="[STACK]...")]
Name = Annotated[str, typer.Option("--stack-name", help="What the stacks' names begin with.")]
Region = Annotated[str | None, typer.Option(help="AWS_REGION's or the profile's by default.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("deploy")(deploy)
    app.command("destroy")(destroy)


def deploy(
    stacks: Stacks = None,
    name: Name = NAME,
    bucket: Annotated[str | None, typer.Option(help="A bucket of your own, in place of the stack `bucket`.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="NAME=VALUE, or STACK.NAME=VALUE for one stack alone.")
    ] = None,
    pipelines: Annotated[
        Path | None, typer.Option(help="Folder of pipeline files that become DAGs.", exists=True, file_okay=False)
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, on all that the stacks make.")] = None,
    region: Region = None,
) -> None:
    """Create or update stacks on AWS, and those that they need; the bucket and the roles where none is named."""
    from pipeline.cloud.clients import make_cloud_clients
    from pipeline.cloud.deployment import Deployment
    from pipeline.cloud.packages import ROLE_VARIABLES
    from pipeline.cloud.parameters import parse_given
    from pipeline.cloud.templates import load_templates

    given = parse_given(parameter or (), load_templates(), bucket)
    wanted = stacks or [stack for stack in _FIRST if not (bucket and stack == "bucket")]
    deployment = Deployment(name, make_cloud_clients(region), _say)
    outputs = deployment.deploy(wanted, given, tags=_tags(tag or ()), pipelines=pipelines)
    for stack in wanted:
        for output, value in sorted(outputs[stack].items()):
            typer.echo(f"{stack}.{output}={value}")
    variables = {"SAGEMAKER_BUCKET": bucket or outputs.get("bucket", {}).get("Bucket")}
    variables |= {variable: outputs.get("sagemaker-roles", {}).get(role) for role, variable in ROLE_VARIABLES.items()}
    if "sagemaker-roles" in wanted:
        _say("for inference-pipeline run --target sagemaker:")
        _say("\n".join(f"  export {variable}={value}" for variable, value in variables.items() if value))


def destroy(
    stacks: Stacks = None,
    name: Name = NAME,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before buckets are emptied.")] = False,
    region: Region = None,
) -> None:
    """Delete stacks on AWS, with all that is in their buckets; all of them where none is named."""
    from pipeline.cloud.clients import make_cloud_clients
    from pipeline.cloud.deployment import Deployment

    deployment = Deployment(name, make_cloud_clients(region), _say)
    contents = deployment.contents(stacks or ())
    if any(contents.values()) and not yes:
        typer.confirm(f"Delete all objects and versions, for good: {_listed(contents)}?", abort=True, err=True)
    count = deployment.destroy(stacks or ())
    typer.echo(f"{count} stacks deleted" if count else "nothing is left of it")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _listed(contents: Mapping[str, int]) -> str:
    return ", ".join(f"{count} in {bucket}" for bucket, count in contents.items() if count)


def _tags(pairs: list[str] | tuple[()]) -> dict[str, str]:
    from pipeline.errors import ConfigError

    tags = [pair.partition("=") for pair in pairs]
    for name, equals, _ in tags:
        if not (name and equals):
            raise ConfigError(f"found the tag {name!r}", hint="say NAME=VALUE")
    return {name: value for name, _, value in tags}
