"""The endpoint: SageMaker's contract for inference containers, over one scorer."""

from pipeline.serving.server import serve

__all__ = ["serve"]
