"""A data contract and a pipeline file drawn from somebody's own CSV, ready to run."""

from pipeline.init.initialize import InitResult, init

__all__ = ["InitResult", "init"]
