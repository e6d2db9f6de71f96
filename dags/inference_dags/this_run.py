"""What a task knows of the DAG run that it belongs to: its plan, and clients of AWS."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from airflow.providers.common.compat.sdk import AirflowFailException

from inference_dags.params import INSTANCES
from pipeline.errors import PipelineError, StepError

if TYPE_CHECKING:
    from pipeline.config import PipelineConfig
    from pipeline.plan import Plan, Settings
    from pipeline.sending.clients import Clients

# A run's key: so much of a hash that a pipeline's runs stay apart, and names stay below 63 characters.
_KEY = 10
_ATTEMPTS = 10

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")

# botocore's own retries, for throttled calls above all.
RETRIES = {"retries": {"mode": "standard", "total_max_attempts": _ATTEMPTS}}


def run_key(dag_id: str, run_id: str) -> str:
    """The same for the same DAG run, however often its tasks run."""
    return hashlib.sha256(f"{dag_id}\0{run_id}".encode()).hexdigest()[:_KEY]


def config_of(file: str, params: Mapping[str, Any]) -> PipelineConfig:
    """The pipeline file with what was said when the run was triggered."""
    from pipeline.config import load_config

    config = load_config(file)
    section = config.sagemaker
    changed: dict[str, Any] = {
        name: getattr(section, name).model_copy(update={"instance_type": params[f"{name}_instance_type"]})
        for name in INSTANCES
        if params.get(f"{name}_instance_type")
    }
    if not params.get("tune"):
        changed["tuning"] = None
    data = config.data
    if str(params.get("input") or "").startswith("s3://"):
        data = data.model_copy(update={"location": params["input"]})
    return config.model_copy(update={"sagemaker": section.model_copy(update=changed), "data": data})


def plan_of(file: str, context: Mapping[str, Any], rows: Path | None = None) -> tuple[PipelineConfig, Plan]:
    """The pipeline as this run has it, and its plan; `rows` are those on this machine, over the param's."""
    from pipeline.plan import plan_requests

    config = config_of(file, context["params"])
    key = run_key(context["dag"].dag_id, context["run_id"])
    rows = rows or given_rows(context["params"])
    return config, plan_requests(config, Path(file), settings_of(config), key, rows=rows)


def settings_of(config: PipelineConfig) -> Settings:
    """What differs from place to place, by the file, the worker's environment, Airflow's connection and the secret."""
    from pipeline.plan import resolve_settings
    from pipeline.plan.secret import read_secret

    hook = _hook(config, "iam")
    environment = {**os.environ, **({"AWS_REGION": hook.conn_region_name} if hook.conn_region_name else {})}
    settings = resolve_settings(
        config.sagemaker,
        environment,
        lambda name, region: read_secret(name, region, client=_hook(config, "secretsmanager").get_conn()),
    )
    # A role may be said by its name alone.
    roles = ("role", "glue_role", "processing_role", "training_role", "model_role")
    said = {name: getattr(settings, name) for name in roles}
    return replace(settings, **{name: hook.expand_role(role) for name, role in said.items() if role})


def given_rows(params: Mapping[str, Any]) -> Path | None:
    """The param's input where it is a path of the workers."""
    given = params.get("input")
    return None if not given or given.startswith("s3://") else Path(given)


def clients_of(config: PipelineConfig) -> Clients:
    """Clients by Airflow's connection, or by what the worker's environment says."""
    from botocore.config import Config

    from pipeline.aws.service_model import loader
    from pipeline.sending.clients import clients_by

    hook = _hook(config, "sagemaker")
    session = hook.get_session(region_name=config.sagemaker.region)
    # botocore reads its own files once, not once a client.
    session._session.register_component("data_loader", loader())

    def client(name: str) -> Any:
        url = hook.conn_config.get_service_endpoint_url(name)
        return session.client(name, endpoint_url=url, config=Config(**RETRIES), verify=hook.verify)

    return clients_by(client)


def said_plainly(function: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
    """A task that does not try again what can only fail again: a wrong file, setting or input."""

    @functools.wraps(function)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
        try:
            return function(*args, **kwargs)
        except StepError:
            # AWS or the network: the next try may find them better.
            raise
        except PipelineError as error:
            raise AirflowFailException(str(error)) from error

    return run


def _hook(config: PipelineConfig, name: str) -> Any:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    return AwsBaseHook(aws_conn_id=config.airflow.connection, region_name=config.sagemaker.region, client_type=name)
