"""The hyperparameters of SageMaker's factorization machines: name, what it accepts, and its default.

Source: AWS's documentation of the algorithm's hyperparameters and of those that can be tuned.
"""

from __future__ import annotations

from typing import Any

from pipeline.training.kinds import Choice, Kind, Real, Whole, Words

REGRESSOR, CLASSIFIER = "regressor", "binary_classifier"
_NOT_NEGATIVE = Real("[0, inf)")
_POSITIVE = Real("(0, inf)")
_ANY = Real("(-inf, inf)")

REQUIRED: dict[str, Kind] = {
    "feature_dim": Whole(1),
    "num_factors": Whole(1),
    "predictor_type": Choice((CLASSIFIER, REGRESSOR)),
}

# Learning rate, weight decay and standard deviation at the start.
_DEFAULTS = {"bias": (0.1, 0.01, 0.01), "linear": (0.001, 0.001, 0.01), "factors": (0.0001, 0.00001, 0.001)}
GROUPS = tuple(_DEFAULTS)

_OPTIONAL: dict[str, tuple[Kind, Any]] = {
    "epochs": (Whole(1), 1),
    "mini_batch_size": (Whole(1), 1000),
    "clip_gradient": (_POSITIVE, None),
    "eps": (_POSITIVE, None),
    "rescale_grad": (_POSITIVE, None),
}
for _group, (_rate, _decay, _sigma) in _DEFAULTS.items():
    _OPTIONAL |= {
        f"{_group}_lr": (_NOT_NEGATIVE, _rate),
        f"{_group}_wd": (_NOT_NEGATIVE, _decay),
        f"{_group}_init_method": (Choice(("normal", "uniform", "constant")), "normal"),
        f"{_group}_init_sigma": (_NOT_NEGATIVE, _sigma),
        f"{_group}_init_scale": (_NOT_NEGATIVE, None),
        f"{_group}_init_value": (_ANY, None),
    }

DEFAULTS: dict[str, Any] = {name: default for name, (_, default) in _OPTIONAL.items()}
# SageMaker's own, in the training jobs of a tuning job.
TUNED = "_tuning_objective_metric"
KINDS: dict[str, Kind] = {
    **REQUIRED,
    **{name: kind for name, (kind, _) in _OPTIONAL.items()},
    TUNED: Words("test:METRIC"),
}
# AWS tunes all but these.
NOT_TUNABLE = ("feature_dim", "predictor_type", TUNED, *(f"{group}_init_method" for group in GROUPS))
