"""Training: XGBoost on the job's train and validation rows, a training job of SageMaker's."""

from __future__ import annotations

from pipeline.plan.job_arguments import hyperparameters
from pipeline.run.state import Run
from pipeline.run.training import run_training


def training_step(run: Run) -> str:
    """Trains; leaves the model at `run.booster`."""

    def news(line: str) -> None:
        if line.startswith("["):
            run.progress.news("Training  " + line.replace("\t", "  "))

    metrics = run_training(run.config, run.etl, run.work, run.logs / "training.log", news)
    run.record["training"] = {
        "hyperparameters": hyperparameters(run.config),
        "content_type": metrics["content_type"],
        "rounds": metrics["rounds"],
        "best_iteration": metrics["best_iteration"],
        "evals": metrics["evals"],
        "zeros_are_missing": metrics["zeros_are_missing"],
    }
    last = [
        f"{channel} {metric} {values[-1]:.4g}"
        for channel, log in metrics["evals"].items()
        for metric, values in log.items()
    ]
    return f"{metrics['rounds']} rounds, " + ", ".join(last)
