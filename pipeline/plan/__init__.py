"""A pipeline file as the exact requests that SageMaker gets: typed data, built and checked without any network."""

from pipeline.plan.deletions import deletions
from pipeline.plan.plan import content_key, plan_requests
from pipeline.plan.settings import Settings, resolve_settings
from pipeline.plan.steps import Deletion, Package, Plan, Step, Upload, Wait

__all__ = [
    "Deletion",
    "Package",
    "Plan",
    "Settings",
    "Step",
    "Upload",
    "Wait",
    "content_key",
    "deletions",
    "plan_requests",
    "resolve_settings",
]
