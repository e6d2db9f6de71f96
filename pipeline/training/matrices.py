"""Channels as XGBoost's matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.errors import TrainingError
from pipeline.training.channels import Channel
from pipeline.training.formats.libsvm import SparseFeatures
from pipeline.training.hyperparameters import Hyperparameters
from pipeline.training.labels import query_starts


def to_dmatrix(channel: Channel, num_feature: int) -> Any:
    """An `xgboost.DMatrix` of the channel's labels, weights, queries and features.

    `num_feature` may be more than a channel of compressed rows, or one without rows, has. Raises TrainingError where
    a dense channel has another number of features.
    """
    import xgboost

    rest: dict[str, Any] = {"label": channel.label, "weight": channel.weight, "missing": np.nan}
    if channel.qid is not None:
        rest["group"] = np.diff(np.r_[query_starts(channel.qid), len(channel)])
    if not len(channel):
        return xgboost.DMatrix(np.empty((0, num_feature), np.float32), label=channel.label)
    if not isinstance(channel.features, SparseFeatures):
        if channel.num_feature != num_feature:
            raise TrainingError(
                f"channel {channel.name!r} has {channel.num_feature} features, other channels have {num_feature}"
            )
        return xgboost.DMatrix(channel.features, **rest)
    from scipy.sparse import csr_matrix

    rows = channel.features
    return xgboost.DMatrix(csr_matrix((rows.values, rows.indices, rows.indptr), shape=(len(rows), num_feature)), **rest)


def check_features(hyperparameters: Hyperparameters, num_feature: int) -> None:
    """Refuses, with a TrainingError, constraints on features that are not there."""
    signs = len(hyperparameters.monotone_constraints)
    if signs > num_feature:
        raise TrainingError(f"monotone_constraints speaks of {signs} features; the data has {num_feature}")
    highest = max((index for group in hyperparameters.interaction_constraints for index in group), default=-1)
    if highest >= num_feature:
        raise TrainingError(
            f"interaction_constraints names feature {highest}; the data has {num_feature}, counted from 0"
        )
