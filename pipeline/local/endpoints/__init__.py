"""Endpoints of the local SageMaker: serving processes behind InvokeEndpoint. `Endpoints` is the whole of it."""

from pipeline.local.endpoints.endpoints import Endpoints
from pipeline.local.endpoints.replies import Reply
from pipeline.local.endpoints.serving import hosts_components

__all__ = ["Endpoints", "Reply", "hosts_components"]
