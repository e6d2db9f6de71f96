"""No request starts more processes than a machine bears."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.api.limits import MOST_PROCESSES, check_limits
from pipeline.local.errors import ResourceLimitExceeded


def cluster(count: int) -> dict[str, Any]:
    return {"ProcessingResources": {"ClusterConfig": {"InstanceCount": count, "InstanceType": "ml.m5.large"}}}


def variants(count: int) -> dict[str, Any]:
    return {"ProductionVariants": [{"InitialInstanceCount": 1}, {"InitialInstanceCount": count}]}


@pytest.mark.parametrize("request_of", [cluster, variants, lambda count: {"RuntimeConfig": {"CopyCount": count}}])
def test_counts(request_of: Any) -> None:
    check_limits(request_of(MOST_PROCESSES))
    with pytest.raises(ResourceLimitExceeded, match="is 32 Instances, with a request delta of 33"):
        check_limits(request_of(MOST_PROCESSES + 1))


def test_settings_of_those_names_are_texts() -> None:
    check_limits({"Environment": {"InstanceCount": "1000"}})
