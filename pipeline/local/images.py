"""Which container images are known here, and what stands in for them. Nothing else is ever run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.local.errors import ValidationException

SPARK_PROCESSING = "sagemaker-spark-processing"
XGBOOST = "sagemaker-xgboost"
FACTORIZATION_MACHINES = "factorization-machines"
SPARKML_SERVING = "sagemaker-sparkml-serving"
OWN_IMAGE = "inference-pipeline"
# Whatever command a request names, as a process of this machine: no image is this one unless it is mapped to it.
PYTHON = "python"

# Repository name -> what it may be used for: whatever the account, the region and the tag.
_USES = MappingProxyType(
    {
        SPARK_PROCESSING: frozenset({"processing"}),
        XGBOOST: frozenset({"training", "inference"}),
        FACTORIZATION_MACHINES: frozenset({"training", "inference"}),
        SPARKML_SERVING: frozenset({"inference"}),
        OWN_IMAGE: frozenset({"inference"}),
        PYTHON: frozenset({"processing"}),
    }
)


class Images:
    """The known images, and further repository names that stand for one of them."""

    def __init__(self, also: Mapping[str, str] | None = None) -> None:
        self._names = {name: name for name in _USES if name != PYTHON} | dict(also or {})
        for name, meant in self._names.items():
            if meant not in _USES:
                raise ValidationException(
                    f"image {name} is mapped to {meant}, which is not known", hint=f"known are {', '.join(_USES)}"
                )

    def resolve(self, uri: str, use: str) -> str:
        """The known repository name that an image URI stands for; `use` is processing, training or inference.

        Raises ValidationException that names the image where nothing here stands for it.
        """
        name = self._names.get(repository(uri))
        if name is not None and use in _USES[name]:
            return name
        fitting = ", ".join(known for known, meant in self._names.items() if use in _USES[meant])
        raise ValidationException(
            f"The image {uri} cannot be used for {use} here: nothing stands in for it. For {use}, this service knows "
            f"{fitting}, of any account and region."
        )


def repository(uri: str) -> str:
    """The last part of an image URI's name, without tag and digest."""
    return uri.partition("@")[0].rpartition("/")[2].partition(":")[0]
