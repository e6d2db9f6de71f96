"""SageMaker's built-in XGBoost algorithm, as functions and as a program (`python -m pipeline.training`)."""

from pipeline.training.channels import Channel, read_channel
from pipeline.training.hyperparameters import Hyperparameters, validate
from pipeline.training.job import Job, prepare, run_job
from pipeline.training.labels import check_rows, check_train
from pipeline.training.matrices import to_dmatrix
from pipeline.training.train import TrainingResult, train

__all__ = [
    "Channel",
    "Hyperparameters",
    "Job",
    "TrainingResult",
    "check_rows",
    "check_train",
    "prepare",
    "read_channel",
    "run_job",
    "to_dmatrix",
    "train",
    "validate",
]
