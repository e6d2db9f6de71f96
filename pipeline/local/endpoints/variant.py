"""The production variants of one deployment, and which of them answers a request."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.local.endpoints.container import Containers
from pipeline.local.endpoints.instance import Instance


@dataclass
class Variant:
    """One production variant: `config` is its entry of the endpoint config, `instances` serve it in turn.

    Without containers it serves nothing itself: it is where inference components are.
    """

    config: Mapping[str, Any]
    containers: Containers
    instances: list[Instance]
    weight: float
    desired_weight: float
    desired_count: int
    credit: float = 0.0
    in_flight: int = 0
    started: float = field(default_factory=time.time)
    _turn: int = 0

    @property
    def name(self) -> str:
        """VariantName."""
        return str(self.config["VariantName"])

    @property
    def hostnames(self) -> list[str]:
        """Its containers, in order."""
        return [member.hostname for member in self.containers.members]

    @property
    def max_concurrency(self) -> int | None:
        """The most requests at once of a serverless variant; None for one with instances."""
        serverless = self.config.get("ServerlessConfig")
        return None if serverless is None else int(serverless["MaxConcurrency"])

    def next_instance(self, apart_from: Instance | None = None) -> Instance | None:
        """The healthy instance whose turn it is; `apart_from` is taken only where no other is healthy."""
        instances = self.instances
        for _ in instances:
            self._turn = (self._turn + 1) % len(instances)
            if instances[self._turn].healthy and instances[self._turn] is not apart_from:
                return instances[self._turn]
        return apart_from if apart_from is not None and apart_from.healthy else None

    def describe(self) -> dict[str, Any]:
        """ProductionVariantSummary of DescribeEndpoint."""
        images = [
            {"SpecifiedImage": member.image, "ResolvedImage": member.image, "ResolutionTime": self.started}
            for member in self.containers.members
        ]
        summary: dict[str, Any] = {
            "VariantName": self.name,
            **({"DeployedImages": images} if images else {}),
            "CurrentWeight": self.weight,
            "DesiredWeight": self.desired_weight,
        }
        if "ServerlessConfig" in self.config:
            serverless = dict(self.config["ServerlessConfig"])
            return {**summary, "CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
        return {
            **summary,
            "CurrentInstanceCount": len(self.instances),
            "DesiredInstanceCount": self.desired_count,
        }


class Fleet:
    """The variants that serve an endpoint now, and how many requests are on their way through them."""

    def __init__(self, variants: Sequence[Variant]) -> None:
        self.variants = list(variants)
        self._lock = threading.Lock()
        self._empty = threading.Condition(self._lock)
        self._closed = False

    def enter(self, target: str | None) -> Variant | None:
        """The variant for a request, which then counts until `leave`; None where the fleet is closed.

        Without a target the variants take turns by their weights: of n requests each gets its share, rounded. Raises
        LookupError for a target that is not there, or where no variant has a weight.
        """
        with self._lock:
            if self._closed:
                return None
            variant = self.named(target) if target else self._by_weight()
            variant.in_flight += 1
            return variant

    def leave(self, variant: Variant) -> None:
        """The request is answered."""
        with self._lock:
            variant.in_flight -= 1
            if self._closed and variant.in_flight == 0:
                self._empty.notify_all()

    def drain(self, seconds: float) -> None:
        """Takes no further request and waits until none is left, or the time is over."""
        with self._lock:
            self._closed = True
            self._empty.wait_for(lambda: not any(variant.in_flight for variant in self.variants), seconds)

    def named(self, name: str) -> Variant:
        """The variant of a name; raises LookupError where there is none."""
        for variant in self.variants:
            if variant.name == name:
                return variant
        raise LookupError(f"no variant {name}; there are {', '.join(variant.name for variant in self.variants)}")

    def _by_weight(self) -> Variant:
        total = sum(variant.weight for variant in self.variants)
        if total <= 0:
            raise LookupError("no variant has a weight above 0")
        for variant in self.variants:
            variant.credit += variant.weight
        chosen = max(self.variants, key=lambda variant: variant.credit)
        chosen.credit -= total
        return chosen
