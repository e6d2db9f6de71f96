"""What a fused model archive says beside its bundle and booster."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ModelError

FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """`inference/manifest.json`.

    `features` names the vector that the booster takes and `feature_names` its values; `zeros_are_missing` says how
    the booster was trained; `classes` are the label's texts in index order; `output` what a reply holds.
    """

    features: str | None = None
    feature_names: tuple[str, ...] = ()
    zeros_are_missing: bool = False
    classes: tuple[str, ...] | None = None
    output: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """The file's content."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "features": self.features,
            "feature_names": list(self.feature_names),
            "zeros_are_missing": self.zeros_are_missing,
            "output": list(self.output),
        }
        if self.classes is not None:
            document["classes"] = list(self.classes)
        return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        """Reads the file; a ModelError for one that is broken or newer than this version."""
        try:
            document = json.loads(content)
            if document["format"] != FORMAT:
                raise ModelError(f"the model archive has format {document['format']}, this version reads {FORMAT}")
            classes = document.get("classes")
            return cls(
                features=document["features"],
                feature_names=tuple(document["feature_names"]),
                zeros_are_missing=bool(document["zeros_are_missing"]),
                classes=None if classes is None else tuple(classes),
                output=tuple(document["output"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"inference/manifest.json is broken: {error}") from error
