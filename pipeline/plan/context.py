"""What every request of a run is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.config.model import PipelineConfig
from pipeline.config.sagemaker import SageMaker
from pipeline.plan.images import image_uri
from pipeline.plan.names import LONGEST, resource_name
from pipeline.plan.places import Places
from pipeline.plan.settings import Settings
from pipeline.schema.contract import Schema


@dataclass(frozen=True)
class RunContext:
    """The name of a pipeline, the settings of one place, and the key that tells this run from others."""

    pipeline: str
    settings: Settings
    run_key: str

    @property
    def places(self) -> Places:
        """Where the run's files are."""
        parts = (self.settings.bucket, self.settings.prefix, self.pipeline, self.run_key)
        return Places("s3://" + "/".join(filter(None, parts)))

    def name(self, suffix: str, *, longest: int = LONGEST) -> str:
        """The name of one of the run's things."""
        return resource_name(self.pipeline, self.run_key, suffix, longest=longest)

    @property
    def tags(self) -> dict[str, list[dict[str, str]]]:
        """The request's Tags; nothing where there are none."""
        tags = [{"Key": key, "Value": value} for key, value in self.settings.tags.items()]
        return {"Tags": tags} if tags else {}

    @property
    def vpc(self) -> dict[str, Any]:
        """The request's VpcConfig; nothing where there is none."""
        settings = self.settings
        if not (settings.subnets or settings.security_groups):
            return {}
        return {"VpcConfig": {"SecurityGroupIds": list(settings.security_groups), "Subnets": list(settings.subnets)}}

    def encrypted(self, member: str = "KmsKeyId") -> dict[str, str]:
        """The key of a request's results or volumes; nothing where there is none."""
        return {member: self.settings.kms_key} if self.settings.kms_key else {}

    def keys(self, **sources: str) -> Mapping[str, str]:
        """Where the parts of a request come from, by dotted names with `__` for the dot.

        A value that is a setting's key becomes the place where the setting was found, any other is a key of the file.
        """
        common = {
            "RoleArn": "role",
            "ExecutionRoleArn": "role",
            "Tags": "tags",
            "VpcConfig.Subnets": "vpc.subnets",
            "VpcConfig.SecurityGroupIds": "vpc.security_groups",
        }
        named = common | {path.replace("__", "."): key for path, key in sources.items()}
        return {path: self.settings.sources.get(key, key) for path, key in named.items()}


@dataclass(frozen=True)
class Context(RunContext):
    """A run of a pipeline file, with its contract."""

    config: PipelineConfig
    schema: Schema

    @property
    def sagemaker(self) -> SageMaker:
        """The file's section."""
        return self.config.sagemaker

    def image(self, name: str) -> str:
        """The URI of one of AWS's images."""
        return image_uri(name, getattr(self.sagemaker.images, name), self.settings.region)
