"""Training: a built-in algorithm on the job's train and validation rows, a training or tuning job of SageMaker's."""

from __future__ import annotations

from pipeline.plan.job_arguments import hyperparameters
from pipeline.run.requests import send, step_of
from pipeline.run.results import fetch_training
from pipeline.run.state import Run

# How the lines begin by which XGBoost and factorization machines say how far they are.
_NEWS = ("[", "#quality_metric: ")


def training_step(run: Run) -> str:
    """Trains; leaves the model's archive at `run.trained`, with a tuning job that of its best training job."""

    def news(line: str) -> None:
        if line.startswith(_NEWS):
            run.progress.news("Training  " + line.removeprefix(_NEWS[1]).replace("\t", "  "))

    is_tuned = run.config.sagemaker.tuning is not None
    request = step_of(run.plan, "tuning" if is_tuned else "training")
    described = send(run, request, "training", log=run.logs / "training.log", on_line=news)
    job = described["BestTrainingJob"]["TrainingJobName"] if is_tuned else described["TrainingJobName"]
    metrics, chosen = fetch_training(run, job)
    run.record["training"] = {
        "hyperparameters": chosen if is_tuned else hyperparameters(run.config),
        "content_type": metrics["content_type"],
        "rounds": metrics["rounds"],
        "best_iteration": metrics.get("best_iteration"),
        "evals": metrics["evals"],
        "zeros_are_missing": metrics.get("zeros_are_missing", False),
    }
    jobs = sum(described["TrainingJobStatusCounters"].values()) if is_tuned else 1
    last = [
        f"{channel} {metric} {values[-1]:.4g}"
        for channel, log in metrics["evals"].items()
        for metric, values in list(log.items())[: None if run.config.ratings is None else 1]
    ]
    return (f"best of {jobs} jobs, " if is_tuned else "") + f"{metrics['rounds']} rounds, " + ", ".join(last)
