"""Every state a resource can be in, and every way from one to the next. Nothing else decides a transition.

Names are AWS's own. A resource that is not listed here (a model, an endpoint config) has no status.
"""

from __future__ import annotations

from types import MappingProxyType

from pipeline.local.errors import LocalServiceError

PROCESSING_JOB = "processing-job"
TRAINING_JOB = "training-job"
TRANSFORM_JOB = "transform-job"
TUNING_JOB = "hyper-parameter-tuning-job"
ENDPOINT = "endpoint"
MODEL = "model"
ENDPOINT_CONFIG = "endpoint-config"
INFERENCE_COMPONENT = "inference-component"
MODEL_PACKAGE_GROUP = "model-package-group"
MODEL_PACKAGE = "model-package"
GLUE_JOB = "glue-job"
GLUE_JOB_RUN = "glue-job-run"

JOB_KINDS = (PROCESSING_JOB, TRAINING_JOB, TRANSFORM_JOB, TUNING_JOB)

_Table = dict[str, frozenset[str]]


def _table(text: str) -> _Table:
    """`state: next next` lines; a state with no next is final."""
    rows = (line.split(":") for line in text.strip().splitlines())
    return {state.strip(): frozenset(following.split()) for state, following in rows}


_JOB = _table("""
    InProgress: Completed Failed Stopping Stopped
    Stopping:   Completed Failed Stopped
    Completed:
    Failed:
    Stopped:
""")

_ENDPOINT = _table("""
    Creating:             InService Failed Deleting
    InService:            Updating SystemUpdating OutOfService Failed Deleting
    Updating:             InService RollingBack Failed UpdateRollbackFailed Deleting
    SystemUpdating:       InService RollingBack Failed Deleting
    RollingBack:          InService UpdateRollbackFailed Failed Deleting
    OutOfService:         InService Updating Failed Deleting
    UpdateRollbackFailed: Deleting
    Failed:               Deleting
    Deleting:
""")

_INFERENCE_COMPONENT = _table("""
    Creating:  InService Failed Deleting
    InService: Updating Deleting
    Updating:  InService Failed Deleting
    Failed:    Deleting
    Deleting:
""")

_MODEL_PACKAGE = _table("""
    Pending:    InProgress Failed Completed
    InProgress: Completed Failed
    Completed:
    Failed:
""")

_GLUE_JOB_RUN = _table("""
    STARTING:  RUNNING FAILED STOPPING STOPPED TIMEOUT
    RUNNING:   SUCCEEDED FAILED STOPPING STOPPED TIMEOUT
    STOPPING:  SUCCEEDED FAILED STOPPED TIMEOUT
    SUCCEEDED:
    FAILED:
    STOPPED:
    TIMEOUT:
""")

# kind -> state -> the states that may follow; the first state of a table is a resource's first.
TRANSITIONS = MappingProxyType(
    {
        **dict.fromkeys(JOB_KINDS, _JOB),
        ENDPOINT: _ENDPOINT,
        INFERENCE_COMPONENT: _INFERENCE_COMPONENT,
        MODEL_PACKAGE: _MODEL_PACKAGE,
        GLUE_JOB_RUN: _GLUE_JOB_RUN,
    },
)


class IllegalTransition(LocalServiceError):
    """A step from one status to another that the table does not have."""


def initial(kind: str) -> str:
    """A new resource's status; empty for kinds without one."""
    return next(iter(TRANSITIONS[kind])) if kind in TRANSITIONS else ""


def is_final(kind: str, status: str) -> bool:
    """Whether nothing can follow."""
    return not TRANSITIONS[kind][status]


def check(kind: str, name: str, old: str, new: str) -> None:
    """Raises IllegalTransition unless the table leads from `old` to `new`."""
    if new not in TRANSITIONS.get(kind, {}).get(old, frozenset()):
        raise IllegalTransition(f"{kind} {name} cannot go from {old or 'no status'} to {new}")
