"""InvokeEndpoint: a request to a fleet, its containers' answer or the runtime's error."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.local.endpoints.capture import Capture
from pipeline.local.endpoints.connection import ContainerGoneError, NotListeningError, Response
from pipeline.local.endpoints.instance import ContainerError, Instance
from pipeline.local.endpoints.replies import Errors
from pipeline.local.endpoints.variant import Fleet, Variant
from pipeline.local.wire import Reply

_PREFIX = "x-amzn-sagemaker-"
CUSTOM_ATTRIBUTES = _PREFIX + "custom-attributes"
TARGET_VARIANT = _PREFIX + "target-variant"
TARGET_MODEL = _PREFIX + "target-model"
TARGET_CONTAINER = _PREFIX + "target-container-hostname"
INFERENCE_ID = _PREFIX + "inference-id"
INFERENCE_COMPONENT = _PREFIX + "inference-component"
INVOKED_VARIANT = "x-amzn-invoked-production-variant"

# What containers get of a request's headers.
_FORWARDED = ("content-type", "accept", CUSTOM_ATTRIBUTES)
_ATTRIBUTES_CHARACTERS = 1024

# A container that died is back in about a second: as long a request waits for it.
_RESTART_SECONDS = 10.0
_GLANCE = 0.02


@dataclass(frozen=True)
class Invocation:
    """One request: `headers` by name in lower case."""

    endpoint: str
    body: bytes
    headers: Mapping[str, str]
    errors: Errors
    seconds: float

    async def answer(self, fleet: Fleet, capture: Capture | None) -> Reply | None:
        """The runtime's answer; None where the fleet is closed, so that another is to be asked."""
        refused = self._refusal()
        if refused is not None:
            return refused
        try:
            variant = fleet.enter(self.headers.get(TARGET_VARIANT))
        except LookupError as error:
            return self.errors.validation(str(error))
        if variant is None:
            return None
        try:
            return await self._answer(variant, capture)
        finally:
            fleet.leave(variant)

    def _refusal(self) -> Reply | None:
        attributes = self.headers.get(CUSTOM_ATTRIBUTES, "")
        if len(attributes) > _ATTRIBUTES_CHARACTERS or not attributes.isascii() or not attributes.isprintable():
            what = f"at most {_ATTRIBUTES_CHARACTERS:,} visible ASCII characters"
            return self.errors.validation(f"CustomAttributes must be {what}")
        if TARGET_MODEL in self.headers:
            return self.errors.validation(
                f"TargetModel is for endpoints of several models; endpoint {self.endpoint} serves one model a variant"
            )
        return None

    async def _answer(self, variant: Variant, capture: Capture | None) -> Reply:
        refused = self._refusal_of(variant)
        if refused is not None:
            return refused
        hostname = self.headers.get(TARGET_CONTAINER)
        asked = hostname or variant.hostnames[-1]
        try:
            async with asyncio.timeout(self.seconds):
                response = await self._response(variant, hostname)
        except ContainerError as error:
            return self.errors.model(self.endpoint, error.hostname, error.response)
        except (TimeoutError, ContainerGoneError) as error:
            late = isinstance(error, TimeoutError)
            return self.errors.no_answer(self.endpoint, asked, self.seconds if late else None)
        if response is None:
            return self.errors.no_instance(self.endpoint, variant.name, serverless=variant.max_concurrency is not None)
        return self._success(variant, response, capture)

    def _refusal_of(self, variant: Variant) -> Reply | None:
        if not variant.containers.members:
            return self.errors.component_required()
        if INFERENCE_COMPONENT in self.headers:
            return self.errors.component_not_allowed()
        if not variant.instances:
            return self.errors.no_copies()
        hostname, direct = self.headers.get(TARGET_CONTAINER), variant.containers.direct
        if direct and hostname not in variant.hostnames:
            return self.errors.validation(f"TargetContainerHostname must be one of {', '.join(variant.hostnames)}")
        if hostname is not None and not direct:
            direct_only = "TargetContainerHostname is for models whose InferenceExecutionConfig is Direct"
            return self.errors.validation(direct_only)
        limit = variant.max_concurrency
        return self.errors.throttled(limit) if limit is not None and variant.in_flight > limit else None

    async def _response(self, variant: Variant, hostname: str | None) -> Response | None:
        """The answer of the instance whose turn it is; of another one where that is gone. None: none came back."""
        headers = {name: self.headers[name] for name in _FORWARDED if name in self.headers}
        gone: Instance | None = None
        while True:
            instance = variant.next_instance(apart_from=gone) or await _recovered(variant)
            if instance is None:
                return None
            try:
                return await instance.invoke(self.body, headers, hostname)
            except NotListeningError:
                # It has just ended; whoever watches it will know in a moment.
                await asyncio.sleep(_GLANCE)
            except ContainerGoneError:
                # Another is asked once more: inferences change nothing. Twice may be the request's own fault.
                if gone is not None:
                    raise
                gone = instance

    def _success(self, variant: Variant, response: Response, capture: Capture | None) -> Reply:
        headers = {INVOKED_VARIANT: variant.name}
        content_type = response.headers.get("content-type")
        if content_type is not None:
            headers["content-type"] = content_type
        attributes = response.headers.get(CUSTOM_ATTRIBUTES, self.headers.get(CUSTOM_ATTRIBUTES))
        if attributes:
            headers[CUSTOM_ATTRIBUTES] = attributes
        if capture is not None and capture.wants_one():
            event: dict[str, object] = {}
            if CUSTOM_ATTRIBUTES in self.headers:
                event["customAttributes"] = [self.headers[CUSTOM_ATTRIBUTES]]
            if INFERENCE_ID in self.headers:
                event["inferenceId"] = self.headers[INFERENCE_ID]
            request = (self.headers.get("content-type", ""), self.body)
            capture.record(variant.name, request, (content_type or "", response.body), event)
        return Reply(response.status, response.body, headers)


async def _recovered(variant: Variant) -> Instance | None:
    """The first instance that is healthy again; None where none is in time."""
    for _ in range(round(_RESTART_SECONDS / _GLANCE)):
        await asyncio.sleep(_GLANCE)
        instance = variant.next_instance()
        if instance is not None:
            return instance
    return None
