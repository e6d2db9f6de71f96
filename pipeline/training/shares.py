"""The rows of a channel over all hosts: each knows its own share, and all must come to the same conclusion."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pipeline.errors import TrainingError
from pipeline.training.channels import Channel
from pipeline.training.hosts.group import Group
from pipeline.training.hyperparameters import Hyperparameters
from pipeline.training.labels import Spread, check_constant, check_each_row, check_spread

_log = logging.getLogger(__name__)


def check_shares(channels: Sequence[Channel], hyperparameters: Hyperparameters, group: Group) -> int:
    """Checks channels, the train channel first, one by one and together, over all hosts; returns how many features
    a row has.

    DataError names the first bad row of this host's share; TrainingError says what is wrong with all.
    """
    for channel in channels:
        _log.info("channel %s: %d rows, %d features", channel.name, len(channel), channel.num_feature)
        if len(channel):
            check_each_row(channel, hyperparameters)
    everybody = group.gather([_share(channel) for channel in channels])
    widths = []
    for index, channel in enumerate(channels):
        shares = {name: host[index] for name, host in zip(group.names, everybody, strict=True) if host[index]["rows"]}
        if not shares:
            raise TrainingError(f"channel {channel.name!r} has no rows on any host")
        if hyperparameters.task.family == "ranking" and len(shares) < len(group.names):
            # XGBoost would count the host's nothing as a query that is ranked perfectly.
            without = ", ".join(name for name in group.names if name not in shares)
            raise TrainingError(f"channel {channel.name!r} has no rows on {without}: to rank, each host needs queries")
        widths.append(_features(channel, shares))
        spread = Spread.together([Spread(**share["spread"]) for share in shares.values()])
        check_spread(channel.name, spread, hyperparameters)
        if index == 0:
            check_constant(channel.name, spread)
        if len(shares) > 1 and all(share == next(iter(shares.values())) for share in shares.values()):
            _log.warning(
                "channel %s: every host has the same rows, and each counts %d times; "
                "S3DataDistributionType ShardedByS3Key gives each host its own",
                channel.name,
                len(shares),
            )
    return max(widths)


def _share(channel: Channel) -> dict[str, Any]:
    """What this host says of its rows."""
    return {
        "rows": len(channel),
        "files": [list(file) for file in channel.files],
        "num_feature": channel.num_feature,
        "spread": asdict(Spread.of(channel)) if len(channel) else None,
    }


def _features(channel: Channel, shares: dict[str, dict[str, Any]]) -> int:
    """How many features the rows have; libsvm leaves out what is missing, so that the highest index of all counts."""
    widths = {name: int(share["num_feature"]) for name, share in shares.items()}
    if len(set(widths.values())) > 1 and not channel.zeros_are_missing:
        found = ", ".join(f"{name} has {width}" for name, width in widths.items())
        raise TrainingError(f"channel {channel.name!r}: hosts disagree on the number of features: {found}")
    return max(widths.values())


def check_distributable(hyperparameters: Hyperparameters) -> None:
    """Refuses, with a TrainingError, what XGBoost does on one host only.

    Of these XGBoost itself refuses `exact`; the others it would train on each host's own rows without a word.
    """
    params = hyperparameters.params
    if params.get("booster") == "gblinear":
        raise TrainingError("booster gblinear trains on one host only", hint="gbtree and dart train on several")
    if params.get("tree_method") == "exact" or "grow_colmaker" in params.get("updater", ""):
        raise TrainingError("tree_method exact trains on one host only", hint="hist and approx train on several")
    if hyperparameters.objective == "survival:cox":
        raise TrainingError("objective survival:cox trains on one host only: it compares each row with all others")
