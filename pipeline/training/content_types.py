"""The content types of a channel, as AWS's container knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.errors import TrainingError

Format = Literal["csv", "libsvm", "parquet"]

# SageMaker takes a channel without a content type for libsvm.
DEFAULT_CONTENT_TYPE = "text/libsvm"

_FORMATS: dict[str, Format] = {
    "text/csv": "csv",
    "csv": "csv",
    "text/libsvm": "libsvm",
    "text/x-libsvm": "libsvm",
    "libsvm": "libsvm",
    "application/x-parquet": "parquet",
    "parquet": "parquet",
}


@dataclass(frozen=True)
class ContentType:
    """A content type read: the format, and the number of features where `;num_feature=n` tells it."""

    format: Format
    num_feature: int | None = None


def parse_content_type(text: str) -> ContentType:
    """Reads `text/csv; label_size=1` and the like; case and unknown parameters do not matter.

    `num_feature` is this project's own parameter: libsvm files leave out what is missing, so that they cannot
    tell how many features there are. Raises TrainingError for a type that is not read here.
    """
    name, *rest = (part.strip() for part in text.lower().split(";"))
    if name not in _FORMATS:
        raise TrainingError(f"content type {text!r} is not read here; allowed: {', '.join(_FORMATS)}")
    parameters = {key.strip(): value.strip() for key, _, value in (part.partition("=") for part in rest)}
    if parameters.get("label_size", "1") != "1":
        raise TrainingError(f"content type {text!r}: label_size must be 1, the label is the first column")
    num_feature = parameters.get("num_feature")
    if num_feature is None:
        return ContentType(_FORMATS[name])
    if not (num_feature.isascii() and num_feature.isdigit() and int(num_feature) > 0):
        raise TrainingError(f"content type {text!r}: num_feature must be a whole number from 1 up")
    return ContentType(_FORMATS[name], int(num_feature))
