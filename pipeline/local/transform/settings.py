"""What a CreateTransformJob request asks for, with SageMaker's defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.local.errors import JobFailure

MIB = 1 << 20
# SageMaker's: concurrency x payload.
_LARGEST = 100
# What our server takes at most: a payload of any size, MaxPayloadInMB 0.
_ANY_SIZE = 1024
SINGLE, MULTI = "SINGLE_RECORD", "MULTI_RECORD"
_STRATEGIES = {"SingleRecord": SINGLE, "MultiRecord": MULTI}


@dataclass(frozen=True)
class Settings:
    """A transform job's settings; `concurrency`, `payload_mb` and `strategy` are None where the containers decide.

    `retries` and `timeout` (seconds) are ModelClientConfig's. `split` and `assemble_lines` stand for SplitType and
    AssembleWith Line, `frames` for SplitType RecordIO.
    """

    content_type: str
    accept: str
    split: bool
    frames: bool
    gzip: bool
    assemble_lines: bool
    input_filter: str
    output_filter: str
    join: bool
    timeout: float
    retries: int
    instances: int
    concurrency: int | None
    payload_mb: int | None
    strategy: str | None

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> Settings:
        """Reads a request; raises JobFailure for what is not done here, or what SageMaker refuses."""
        source, target = request["TransformInput"], request["TransformOutput"]
        split = source.get("SplitType", "None")
        if split not in ("None", "Line", "RecordIO"):
            raise JobFailure(f"SplitType {split} is not done here", hint="None, Line and RecordIO are")
        processing, client = request.get("DataProcessing", {}), request.get("ModelClientConfig", {})
        settings = cls(
            content_type=source.get("ContentType", ""),
            accept=target.get("Accept", ""),
            split=split == "Line",
            frames=split == "RecordIO",
            gzip=source.get("CompressionType", "None") == "Gzip",
            assemble_lines=target.get("AssembleWith", "None") == "Line",
            input_filter=processing.get("InputFilter") or "$",
            output_filter=processing.get("OutputFilter") or "$",
            join=processing.get("JoinSource", "None") == "Input",
            timeout=float(client.get("InvocationsTimeoutInSeconds", 600)),
            retries=int(client.get("InvocationsMaxRetries", 3)),
            instances=int(request["TransformResources"]["InstanceCount"]),
            concurrency=request.get("MaxConcurrentTransforms") or None,
            payload_mb=_ANY_SIZE if request.get("MaxPayloadInMB") == 0 else request.get("MaxPayloadInMB"),
            strategy=_STRATEGIES[request["BatchStrategy"]] if "BatchStrategy" in request else None,
        )
        settings._check(request)
        return settings

    def _check(self, request: Mapping[str, Any]) -> None:
        payload, concurrency = request.get("MaxPayloadInMB"), request.get("MaxConcurrentTransforms")
        if payload and concurrency and payload * concurrency > _LARGEST:
            raise JobFailure(
                f"MaxConcurrentTransforms {concurrency} x MaxPayloadInMB {payload} is above {_LARGEST} MB",
                hint="lower one of them",
            )
        if self.strategy is not None and not (self.split or self.frames):
            raise JobFailure(
                "BatchStrategy needs SplitType Line or RecordIO: without it a request holds a whole object"
            )

    @property
    def processes_data(self) -> bool:
        """Whether DataProcessing changes anything."""
        return self.join or self.input_filter != "$" or self.output_filter != "$"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that SageMaker sets in the containers; those that the request leaves open are not set."""
        known = {
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": self.payload_mb,
            "SAGEMAKER_BATCH_STRATEGY": self.strategy,
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": self.concurrency,
        }
        return {name: str(value) for name, value in known.items() if value is not None}

    def decided(self, parameters: Sequence[Mapping[str, Any]]) -> Decided:
        """The settings completed by what the containers answered to /execution-parameters, then by the defaults.

        Of several containers the most careful one decides, but for the payload, which is the first one's.
        """
        concurrency = [
            int(answer["MaxConcurrentTransforms"]) for answer in parameters if "MaxConcurrentTransforms" in answer
        ]
        payload = [int(answer["MaxPayloadInMB"]) for answer in parameters[:1] if "MaxPayloadInMB" in answer]
        strategies = [answer.get("BatchStrategy") for answer in parameters]
        return Decided(
            self.concurrency or max(1, min(concurrency, default=1)),
            (self.payload_mb or min(payload, default=6)) * MIB,
            self.strategy or (SINGLE if SINGLE in strategies else MULTI),
        )


@dataclass(frozen=True)
class Decided:
    """How requests are made: at most `concurrency` at once an instance, of at most `payload` bytes each."""

    concurrency: int
    payload: int
    strategy: str
