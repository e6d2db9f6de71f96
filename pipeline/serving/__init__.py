"""The endpoint: SageMaker's contract for inference containers, over one scorer."""

from pipeline.serving.server import serve
from pipeline.serving.settings import Settings

__all__ = ["Settings", "serve"]
