"""What one may say when a run is triggered."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import Param

from pipeline.config import PipelineConfig

# The jobs and the endpoint, by the section of the pipeline file that names their instances.
INSTANCES = ("processing", "training", "endpoint", "transform")


def params(config: PipelineConfig) -> dict[str, Param]:
    """The DAG's params, typed by JSON Schema, with what the pipeline file says as their defaults."""
    section = config.sagemaker
    made = {
        "input": Param(
            None,
            type=["null", "string"],
            minLength=1,
            title="Input",
            description="s3:// URI, or a path that the workers have; what the pipeline file names by default",
        )
    }
    for name in INSTANCES:
        # Glue has workers of its own.
        on_glue = name == "processing" and config.glue is not None
        if getattr(section, name) is not None and not on_glue:
            made[f"{name}_instance_type"] = Param(
                None, type=["null", "string"], pattern=r"^ml\.\S+$", title=f"Instance type of {name}"
            )
    if section.tuning is not None:
        made["tune"] = Param(True, type="boolean", title="Tune", description="a tuning job, not one training job")
    if section.endpoint is not None:
        made["deploy"] = Param(
            config.airflow.deploy, type="boolean", title="Deploy", description="create or update the endpoint"
        )
    made["clean_up"] = Param(
        config.airflow.clean_up,
        type="boolean",
        title="Clean up",
        description="delete all that the run made at its end, the endpoint too",
    )
    return made
