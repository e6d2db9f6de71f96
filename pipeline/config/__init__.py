"""The pipeline file: typed, validated, with its place in every complaint."""

from pipeline.config.load import load_config, load_file, load_task_file
from pipeline.config.model import PipelineConfig
from pipeline.config.tasks import TaskFile

__all__ = ["PipelineConfig", "TaskFile", "load_config", "load_file", "load_task_file"]
