"""A run: the steps of a pipeline, in order, into one folder that explains itself."""

from pipeline.run.runner import run_pipeline

__all__ = ["run_pipeline"]
