"""What model archives hold: a bundle, its contract, a booster; read from the store, the last ones remembered."""

from __future__ import annotations

import json
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.bundle.archive import Files, read_files
from pipeline.bundle.reader import Bundle, read_bundle
from pipeline.errors import ModelError, PipelineError
from pipeline.local.errors import JobFailure
from pipeline.local.objects import split_uri
from pipeline.schema import parse_schema
from pipeline.schema.contract import Schema
from pipeline.scoring.load import BOOSTER, BUNDLE, SCHEMA
from pipeline.scoring.model_document import read_document

# A larger archive is served, but not read to be shown.
_MOST_BYTES = 32 << 20
_REMEMBERED = 8


@dataclass(frozen=True)
class BoosterSummary:
    """A booster as its document describes it; `size` in bytes."""

    kind: str
    objective: str
    trees: int | None
    features: int
    classes: int
    size: int


@dataclass(frozen=True)
class Contents:
    """What is in an archive; `problem` says why something is not known."""

    bundle: Bundle | None = None
    schema: Schema | None = None
    booster: BoosterSummary | None = None
    problem: str | None = None


class Archives:
    """Model archives by their containers. May be shared by threads."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._known: OrderedDict[tuple[str, str], Contents] = OrderedDict()
        self._lock = threading.Lock()

    def contents(self, container: Mapping[str, Any]) -> Contents:
        """What a container of CreateModel serves; never raises for what the store or the archive is."""
        from botocore.exceptions import BotoCoreError, ClientError

        uri = container.get("ModelDataUrl") or container.get("ModelDataSource", {}).get("S3DataSource", {}).get("S3Uri")
        try:
            return self._contents(str(uri or ""))
        except PipelineError as error:
            return Contents(problem=str(error))
        except (ClientError, BotoCoreError) as error:
            return Contents(problem=f"{uri}: {error}")

    def _contents(self, uri: str) -> Contents:
        bucket, key = split_uri(uri)
        if not key or key.endswith("/"):
            raise JobFailure(f"{uri} is no single archive, and not read to be shown")
        head = self._client.head_object(Bucket=bucket, Key=key)
        known = uri, str(head["ETag"])
        with self._lock:
            if known in self._known:
                self._known.move_to_end(known)
                return self._known[known]
        if head["ContentLength"] > _MOST_BYTES:
            raise JobFailure(f"{uri} is larger than {_MOST_BYTES >> 20} MiB, and not read to be shown")
        with tempfile.NamedTemporaryFile() as file:
            self._client.download_fileobj(bucket, key, file)
            file.flush()
            contents = read_contents(read_files(file.name))
        with self._lock:
            self._known[known] = contents
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return contents


def read_contents(files: Files) -> Contents:
    """The parts of a bundle's, a booster's or a fused archive's files; raises PipelineError for a broken one."""
    folder = BUNDLE if BUNDLE + "bundle.json" in files else ""
    bundle = None
    if folder + "bundle.json" in files:
        bundle = read_bundle({name.removeprefix(folder): files[name] for name in files if name.startswith(folder)})
    schema = files.get(SCHEMA if folder else "schema.json")
    booster = files.get(BOOSTER)
    problem = None if bundle or booster else "the archive holds neither a bundle nor a booster"
    return Contents(
        bundle,
        parse_schema(schema) if schema is not None else None,
        summary(booster) if booster is not None else None,
        problem,
    )


def summary(booster: bytes) -> BoosterSummary:
    """What the document of a booster says of it; raises ModelError."""
    try:
        learner = read_document(booster)["learner"]
        gradient = learner["gradient_booster"]
        # dart's trees are one level further down; gblinear has none.
        trees = gradient.get("gbtree", gradient)["model"].get("trees")
        parameters = learner["learner_model_param"]
        return BoosterSummary(
            str(gradient["name"]),
            str(learner["objective"]["name"]),
            None if trees is None else len(trees),
            int(parameters["num_feature"]),
            int(parameters["num_class"]),
            len(booster),
        )
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ModelError(f"the booster's document is not as XGBoost writes it: {json.dumps(str(error))}") from error
