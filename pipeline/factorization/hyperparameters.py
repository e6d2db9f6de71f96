"""Hyperparameters as SageMaker's factorization machines take them: texts by name, checked before any data is read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import TrainingError
from pipeline.factorization.metrics import METRICS
from pipeline.factorization.table import DEFAULTS, GROUPS, KINDS, REQUIRED, TUNED

_FILLED = "feature_dim"


@dataclass(frozen=True)
class Start:
    """How a group of parameters begins: `method` normal, uniform or constant, and its `scale` (sigma, scale, value)."""

    method: str
    scale: float


@dataclass(frozen=True)
class Group:
    """Bias, linear weights or factors: learning rate, weight decay and start."""

    rate: float
    decay: float
    start: Start


@dataclass(frozen=True)
class Hyperparameters:
    """Checked hyperparameters; `feature_dim` is None only where it may be."""

    feature_dim: int | None
    num_factors: int
    predictor_type: str
    epochs: int
    mini_batch_size: int
    bias: Group
    linear: Group
    factors: Group
    clip_gradient: float | None = None
    eps: float | None = None
    rescale_grad: float | None = None


def validate(hyperparameters: Mapping[str, Any], *, may_lack_size: bool = False) -> Hyperparameters:
    """Checks hyperparameters by SageMaker's names; values are texts, and numbers are taken as their text.

    With `may_lack_size`, `feature_dim` may be absent: the data will say it. Raises TrainingError, with name, value and
    what is allowed, for what is unknown, missing or out of range.
    """
    values = {name: _parse(name, value) for name, value in hyperparameters.items()}
    for name, kind in REQUIRED.items():
        if name not in values and not (may_lack_size and name == _FILLED):
            raise TrainingError(f"{name} is required: {kind.expected}")
    given = {**DEFAULTS, **values}
    _check_objective(given)
    return Hyperparameters(
        feature_dim=given.get(_FILLED),
        num_factors=given["num_factors"],
        predictor_type=given["predictor_type"],
        epochs=given["epochs"],
        mini_batch_size=given["mini_batch_size"],
        clip_gradient=given["clip_gradient"],
        eps=given["eps"],
        rescale_grad=given["rescale_grad"],
        **{group: _group(group, given) for group in GROUPS},
    )


def _parse(name: str, value: Any) -> Any:
    kind = KINDS.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, KINDS, n=1)
        raise TrainingError(
            f"{name!r} is not a hyperparameter of SageMaker's factorization machines",
            hint=f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(set(KINDS) - {TUNED}))}",
        )
    text = str(value).strip()
    try:
        return kind.parse(text)
    except ValueError:
        raise TrainingError(f"{name}: found {text[:100]!r}; expected {kind.expected}") from None


def _group(group: str, given: Mapping[str, Any]) -> Group:
    method = given[f"{group}_init_method"]
    wanted = {"normal": "sigma", "uniform": "scale", "constant": "value"}[method]
    scale = given[f"{group}_init_{wanted}"]
    if scale is None:
        raise TrainingError(f"{group}_init_{wanted} is required with {group}_init_method {method}")
    return Group(given[f"{group}_lr"], given[f"{group}_wd"], Start(method, scale))


def _check_objective(given: Mapping[str, Any]) -> None:
    if TUNED not in given:
        return
    metric = ",".join(given[TUNED])
    allowed = [f"test:{name}" for name in METRICS[given["predictor_type"]]]
    if metric not in allowed:
        raise TrainingError(
            f"{TUNED}: found {metric!r}; expected one of {', '.join(allowed)} with predictor_type "
            f"{given['predictor_type']}"
        )
