"""SageMaker's built-in factorization machines, as functions and as a program (`python -m pipeline.factorization`)."""

from pipeline.factorization.hyperparameters import Hyperparameters, validate
from pipeline.factorization.model import FactorizationMachine

__all__ = ["FactorizationMachine", "Hyperparameters", "validate"]
