"""Names of what a run makes: the same for the same run, and as short as SageMaker wants them."""

from __future__ import annotations

import hashlib
import re

LONGEST = 63
# A tuning job's name is the beginning of its training jobs' names.
LONGEST_TUNING = 32
_DIGEST = 8


def resource_name(pipeline: str, run_key: str, suffix: str, *, longest: int = LONGEST) -> str:
    """`pipeline-run-suffix`: letters, digits and single hyphens, at most `longest` characters.

    What must be cut or spelled otherwise is told apart by a hash of the whole.
    """
    parts = [_plain(pipeline), _plain(run_key).replace("-", ""), suffix]
    name = "-".join(filter(None, parts))
    if parts[:2] == [pipeline, run_key] and len(name) <= longest:
        return name
    digest = hashlib.sha256(f"{pipeline}\0{run_key}\0{suffix}".encode()).hexdigest()[:_DIGEST]
    tail = f"{digest}-{suffix}" if suffix else digest
    head = "-".join(filter(None, parts[:2]))[: longest - len(tail) - 1].rstrip("-")
    return f"{head}-{tail}" if head else tail


def _plain(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9]+", "-", text).strip("-")
