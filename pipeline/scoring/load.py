"""What a path holds: a bundle, a model archive or a run folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.bundle.archive import Files, read_files
from pipeline.bundle.reader import Bundle, read_bundle
from pipeline.errors import ModelError
from pipeline.schema import parse_schema
from pipeline.schema.contract import Schema
from pipeline.scoring.manifest import Manifest

# A fused archive: XGBoost's container loads every top-level file as a model, so ours stand in a folder.
BOOSTER = "xgboost-model"
SIDE = "inference/"
BUNDLE = SIDE + "bundle/"
SCHEMA = SIDE + "schema.json"
MANIFEST = SIDE + "manifest.json"

# Where a run folder keeps its fused archive.
RUN_MODEL = Path("model") / "fused" / "model.tar.gz"
# Where a recommender's has the one that was trained.
_TRAINED = Path("model") / "trained" / "model.tar.gz"


@dataclass(frozen=True)
class Parts:
    """All that a scorer is made of."""

    bundle: Bundle
    schema: Schema | None
    booster: bytes | None
    manifest: Manifest


def load_parts(path: str | Path, schema: Schema | None = None) -> Parts:
    """Reads a bundle, a model archive or a run folder; `schema` overrides the contract found there."""
    return parts_of(read_model(path), path, schema)


def read_model(path: str | Path) -> Files:
    """The files of a bundle, a model archive, or the archive of a run folder; raises ModelError or BundleError."""
    path = Path(path)
    if not path.exists():
        raise ModelError(f"{path} is not there", hint="name a bundle, a model archive or a run folder")
    if (path / "run.json").is_file():
        path /= _TRAINED if (path / _TRAINED).is_file() else RUN_MODEL
    return read_files(path)


def parts_of(files: Files, path: str | Path, schema: Schema | None = None) -> Parts:
    """The parts among a model's files; `path` is named in errors. See load_parts."""
    if "bundle.json" in files:
        found = parse_schema(files["schema.json"]) if "schema.json" in files else None
        return Parts(read_bundle(files), schema or found, None, Manifest())
    if BUNDLE + "bundle.json" in files:
        return _fused(files, schema)
    if BOOSTER in files:
        raise ModelError(f"{path} holds a booster without its bundle", hint="the fused archive holds both")
    raise ModelError(
        f"{path} holds neither a bundle nor a model archive",
        hint="a bundle has bundle.json at its top, a fused model archive inference/bundle/bundle.json",
    )


def _fused(files: Files, schema: Schema | None) -> Parts:
    bundle = {name[len(BUNDLE) :]: content for name, content in files.items() if name.startswith(BUNDLE)}
    if MANIFEST not in files or BOOSTER not in files:
        raise ModelError(f"the model archive lacks {MANIFEST if MANIFEST not in files else BOOSTER}")
    found = parse_schema(files[SCHEMA]) if SCHEMA in files else None
    return Parts(read_bundle(bundle), schema or found, files[BOOSTER], Manifest.from_json(files[MANIFEST]))
