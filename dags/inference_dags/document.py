"""What Airflow's pages say of a pipeline."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import PipelineConfig

_TABLE = "| task | what it does |\n|---|---|\n"


def document(config: PipelineConfig, file: Path) -> str:
    """The DAG's doc_md: a picture of the tasks, what each one does, and where its results are."""
    tasks = list(_tasks(config))
    rows = "".join(f"| `{name}` | {what} |\n" for name, what in tasks)
    return (
        f"# {config.name}\n\n{config.description}\n\n```\n{_picture(config)}\n```\n\n{_TABLE}{rows}\n"
        f"Made from `{file}`. All of a run's files are below one folder of the bucket, "
        "which `plan` returns as `root`; `evaluation.json` there has the metrics.\n"
    )


def _picture(config: PipelineConfig) -> str:
    section = config.sagemaker
    fit = "training" if section.tuning is None else "train_or_tune > training or tuning"
    lines = [f"plan > upload > processing > {fit} > package > model"]
    margin = " " * lines[0].rindex("model")
    judged = "evaluate > gate > " if config.data.split.test else ""
    if section.endpoint is not None:
        lines.append(f"{margin}> {judged}deploy > endpoint_config > endpoint")
    if section.registration is not None:
        lines.append(f"{margin}> {judged}register")
    if section.transform is not None:
        lines.append(f"{margin}> transform")
    return "\n".join([*lines, "whatever happened: clean_up"])


def _tasks(config: PipelineConfig) -> list[tuple[str, str]]:
    section, gate = config.sagemaker, config.gate
    bounds = [] if gate is None else [f"`{gate.metric}`"]
    if gate is not None:
        bounds += [f"at most {gate.at_most:g}"] if gate.at_most is not None else []
        bounds += [f"at least {gate.at_least:g}"] if gate.at_least is not None else []
        bounds += ["not worse than the model that serves"] if gate.not_worse_than_serving else []
    made = "features" if config.ratings is None else "indices of customers and items"
    endpoint = section.endpoint and (section.endpoint.name or "one of the run's own")
    there = {
        "plan": "the requests of this run, from the pipeline file and the params",
        "upload": "rows, contract and Spark's code to S3",
        "processing": f"the Spark job{' on Glue' if config.glue else ''}: checks, splits, {made}",
        "training": "XGBoost" if config.ratings is None else "factorization machines",
        "tuning": None if section.tuning is None else f"the search for the best `{section.tuning.objective}`",
        "package": "the model's archives",
        "model": "the model" if config.ratings else f"the model, laid out as `{section.model.layout}`",
        "evaluate": "metrics on the test rows, and those of the model that serves" if config.data.split.test else None,
        "gate": (", ".join(bounds) or "nothing is asked for") if config.data.split.test else None,
        "register": None if section.registration is None else f"a version in the group `{section.registration.group}`",
        "endpoint": None if endpoint is None else f"created, or updated: `{endpoint}`",
        "transform": None if section.transform is None else "predictions of the test split",
        "clean_up": "stops what still runs and deletes what was superseded; all that the run made with `clean_up`",
    }
    return [(name, what) for name, what in there.items() if what is not None]
