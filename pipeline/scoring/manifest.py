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
            return cls(
                features=_need(document["features"], str | None, "features"),
                feature_names=_texts(document, "feature_names"),
                zeros_are_missing=_need(document["zeros_are_missing"], bool, "zeros_are_missing"),
                classes=_texts(document, "classes") if "classes" in document else None,
                output=_texts(document, "output"),
            )
        except KeyError as error:
            raise ModelError(f"inference/manifest.json is broken: {error} is missing") from error
        except (ValueError, TypeError) as error:
            raise ModelError(f"inference/manifest.json is broken: {error}") from error


def _texts(document: dict[str, Any], key: str) -> tuple[str, ...]:
    return tuple(_need(text, str, key) for text in _need(document[key], list, key))


def _need(value: Any, kind: Any, key: str) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{key} holds {value!r}")
    return value
