"""The training step: the training program on SageMaker's folder layout."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from pipeline.config.model import PipelineConfig
from pipeline.plan.job_arguments import hyperparameters
from pipeline.run.process import OnLine, run_process


def run_training(
    config: PipelineConfig, etl: Path, work: Path, log: Path, on_line: OnLine | None = None
) -> dict[str, Any]:
    """Trains on the job's train and validation rows; returns what training said of itself."""
    base = work / "training"
    settings = base / "input" / "config"
    settings.mkdir(parents=True)
    channels = [name for name in ("train", "validation") if (etl / name).is_dir()]
    (settings / "hyperparameters.json").write_text(json.dumps(hyperparameters(config)), encoding="utf-8")
    content = {name: {"ContentType": config.training.content_type} for name in channels}
    (settings / "inputdataconfig.json").write_text(json.dumps(content), encoding="utf-8")
    (base / "input" / "data").mkdir()
    for name in channels:
        (base / "input" / "data" / name).symlink_to(etl / name, target_is_directory=True)
    command = [sys.executable, "-m", "pipeline.training", "--base-dir", str(base)]
    run_process("training", command, log, environment=os.environ, on_line=on_line)
    metrics: dict[str, Any] = json.loads((base / "output" / "data" / "metrics.json").read_text(encoding="utf-8"))
    return metrics
