"""What an operation of the API works with."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.local.components import Components
from pipeline.local.hosting import Hosting
from pipeline.local.images import Images
from pipeline.local.jobs.supervisor import Supervisor
from pipeline.local.store import Store

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Context:
    """The service's parts, and the region that the caller signed for."""

    store: Store
    supervisor: Supervisor
    hosting: Hosting
    components: Components
    images: Images
    region: str = "us-east-1"

    def arn(self, kind: str, name: str, service: str = "sagemaker") -> str:
        """The ARN of a resource of this account in the caller's region."""
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{kind}/{name}"

    def in_region(self, region: str) -> Context:
        """The same for a caller of another region."""
        return replace(self, region=region)
