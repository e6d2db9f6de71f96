"""The pipeline file: typed, validated, with its place in every complaint."""

from pipeline.config.load import load_config
from pipeline.config.model import PipelineConfig

__all__ = ["PipelineConfig", "load_config"]
