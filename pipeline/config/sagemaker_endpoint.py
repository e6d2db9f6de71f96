"""The endpoint of the section `sagemaker`: its variants, captures, and how an update is rolled out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.config.section import ResourceName, S3Uri, Section

# What AWS's documentation allows, and its model of the requests does not say.
_MEMORY_STEP = 1024
_PERCENT = {"canary": (1, 50), "linear": (10, 50), "rolling": (5, 50)}


class Variant(Section):
    """One of the models behind an endpoint, and its share of the requests."""

    name: ResourceName
    model: ResourceName | None = Field(None, description="a model that is there already; the run's own by default")
    weight: float = Field(1, ge=0)
    instance_type: str | None = Field(None, description="the endpoint's by default")
    instance_count: int | None = Field(None, ge=1, description="the endpoint's by default")


class Serverless(Section):
    """No instances: memory while requests are there."""

    memory: int = Field(2048, description="MB: a multiple of 1024")
    max_concurrency: int = Field(5, ge=1)
    provisioned_concurrency: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _is_one_that_aws_has(self) -> Serverless:
        if self.memory % _MEMORY_STEP:
            raise ValueError(f"memory {self.memory} is no multiple of {_MEMORY_STEP}")
        provisioned, most = self.provisioned_concurrency or 0, self.max_concurrency
        if provisioned > most:
            raise ValueError(f"provisioned_concurrency {provisioned} is above max_concurrency {most}")
        return self


class Asynchronous(Section):
    """Requests and replies by way of S3."""

    max_concurrent: int | None = Field(None, ge=1, description="requests at once to an instance")
    output: S3Uri | None = Field(None, description="below the run's own prefix by default")
    failure: S3Uri | None = None
    success_topic: str | None = None
    error_topic: str | None = None


class DataCapture(Section):
    """Requests and replies kept in S3."""

    percentage: int = Field(100, ge=0, le=100)
    modes: tuple[Literal["Input", "Output"], ...] = Field(("Input", "Output"), strict=False, min_length=1)
    destination: S3Uri | None = Field(None, description="below the run's own prefix by default")


class Deployment(Section):
    """How an update replaces what serves, and when it is taken back."""

    traffic: Literal["all-at-once", "canary", "linear", "rolling"] = "all-at-once"
    percent: int = Field(10, ge=1, le=100, description="of the capacity: the canary, or each step")
    wait: int = Field(300, ge=0, description="seconds after a step, in which alarms are watched")
    termination_wait: int = Field(0, ge=0, description="seconds that the old instances stay")
    timeout: int | None = Field(None, description="seconds for the whole update")
    alarms: tuple[str, ...] = Field((), strict=False, description="CloudWatch alarms that take the update back")

    @model_validator(mode="after")
    def _shifts_what_aws_lets(self) -> Deployment:
        low, high = _PERCENT.get(self.traffic, (1, 100))
        if not low <= self.percent <= high:
            raise ValueError(f"traffic: {self.traffic} takes percent {low} to {high}; found {self.percent}")
        return self


class Endpoint(Section):
    """A real-time, serverless or asynchronous endpoint."""

    name: ResourceName | None = Field(
        None, description="stays from run to run: created once, then updated; a new endpoint each run by default"
    )
    instance_type: str | None = None
    instance_count: int = Field(1, ge=1)
    variants: tuple[Variant, ...] = Field((), strict=False)
    serverless: Serverless | None = None
    asynchronous: Asynchronous | None = None
    data_capture: DataCapture | None = None
    deployment: Deployment | None = None
    startup_timeout: int | None = Field(None, description="seconds until a container must answer /ping")

    @model_validator(mode="after")
    def _fits_together(self) -> Endpoint:
        if self.serverless is not None:
            for name in ("asynchronous", "data_capture", "deployment"):
                if getattr(self, name) is not None:
                    raise ValueError(f"serverless and {name} do not go together")
            if len(self.variants) > 1:
                raise ValueError("a serverless endpoint has one variant")
        names = [variant.name for variant in self.variants]
        if len(set(names)) != len(names):
            raise ValueError(f"two variants have one name: {', '.join(names)}")
        if self.variants and not any(variant.weight for variant in self.variants):
            raise ValueError("no variant has a weight above 0")
        return self
