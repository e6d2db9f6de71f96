"""Hyperparameters as SageMaker's built-in XGBoost takes them: texts by name, checked before any data is read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import TrainingError
from pipeline.training.kinds import INT32_MAX
from pipeline.training.metrics import canonical_metric
from pipeline.training.objectives import OBJECTIVES, Objective
from pipeline.training.table import ALIASES, KINDS, PYTHON_NAMES, WITHOUT_EFFECT, XGBOOST
from pipeline.training.updaters import check_updaters

_DEFAULT_OBJECTIVE = "reg:squarederror"
_DEFAULT_TWEEDIE_VARIANCE_POWER = 1.5


@dataclass(frozen=True)
class Hyperparameters:
    """Checked hyperparameters.

    `params` is what `xgboost.train` gets, without metrics and verbosity. `eval_metric` holds the metrics in the
    order asked for, by the names XGBoost reports; empty means the objective's default. `notices` say what was
    changed or left out.
    """

    num_round: int
    objective: str
    params: Mapping[str, Any]
    eval_metric: tuple[str, ...] = ()
    early_stopping_rounds: int | None = None
    csv_weights: bool = False
    num_class: int | None = None
    monotone_constraints: tuple[int, ...] = ()
    interaction_constraints: tuple[tuple[int, ...], ...] = ()
    verbosity: int = 1
    notices: tuple[str, ...] = ()

    @property
    def task(self) -> Objective:
        """What is known of the objective."""
        return OBJECTIVES[self.objective]


def validate(hyperparameters: Mapping[str, Any]) -> Hyperparameters:
    """Checks hyperparameters by SageMaker's names; values are texts, and numbers are taken as their text.

    Raises TrainingError, with name, value and what is allowed, for what is unknown, out of range or contradictory.
    """
    texts = _by_name(hyperparameters)
    values = {name: _parse(name, text) for name, text in texts.items()}
    if "num_round" not in values:
        raise TrainingError("num_round is required", hint='the number of boosting rounds, such as {"num_round": "100"}')
    notices = [f"{name} has no effect and is left out" for name in values if name in WITHOUT_EFFECT]
    if values.get("save_model_on_termination") == "false":
        notices.append("save_model_on_termination: SIGTERM always saves the model of the rounds done")
    if values.setdefault("objective", _DEFAULT_OBJECTIVE) == "reg:linear":
        values["objective"] = _DEFAULT_OBJECTIVE
        notices.append(f"objective reg:linear is called {_DEFAULT_OBJECTIVE} today")
    _check_task(values, texts)
    _check_booster(values)
    return Hyperparameters(
        num_round=values["num_round"],
        objective=values["objective"],
        params=_params(values),
        eval_metric=_metrics(values),
        early_stopping_rounds=values.get("early_stopping_rounds"),
        csv_weights=values.get("csv_weights") == 1,
        num_class=values.get("num_class"),
        monotone_constraints=values.get("monotone_constraints", ()),
        interaction_constraints=values.get("interaction_constraints", ()),
        verbosity=values.get("verbosity", 1),
        notices=tuple(notices),
    )


def _by_name(hyperparameters: Mapping[str, Any]) -> dict[str, str]:
    """The texts by their main names: aliases resolved, unknown names refused."""
    texts: dict[str, str] = {}
    for given, value in hyperparameters.items():
        name = ALIASES.get(given, given)
        if name not in KINDS:
            near = PYTHON_NAMES.get(given) or next(
                iter(difflib.get_close_matches(given, [*KINDS, *ALIASES], n=1)), None
            )
            raise TrainingError(
                f"{given!r} is not a hyperparameter of SageMaker's XGBoost",
                hint=f"did you mean {near!r}?" if near else f"known are {', '.join(KINDS)}",
            )
        if name in texts:
            other = next(alias for alias, main in ALIASES.items() if main == name)
            raise TrainingError(f"{name} is given twice: {other} is another name of it")
        if not isinstance(value, str | int | float):
            raise TrainingError(f"{given} must be a text or a number, found {value!r}")
        texts[name] = (str(value).lower() if isinstance(value, bool) else str(value)).strip()
    return texts


def _parse(name: str, text: str) -> Any:
    kind = KINDS[name]
    try:
        return kind.parse(text)
    except (ValueError, RecursionError):
        hint = "GPUs are not used here; tree_method=hist grows the same trees" if text == "gpu_hist" else None
        shown = text if len(text) <= 100 else text[:97] + "..."
        raise TrainingError(f"{name}: found {shown!r}; expected {kind.expected}", hint=hint) from None


def _check_task(values: Mapping[str, Any], texts: Mapping[str, str]) -> None:
    objective = values["objective"]
    task = OBJECTIVES[objective]
    if objective == "survival:aft":
        raise TrainingError(
            "objective survival:aft needs a lower and an upper bound for each label, which no channel carries",
            hint="survival:cox takes one label a row, negative where it is censored",
        )
    if task.family == "multiclass" and "num_class" not in values:
        raise TrainingError(f"num_class is required with objective {objective}: the number of classes, 2 or more")
    if task.family != "multiclass" and "num_class" in values:
        raise TrainingError(
            f"num_class: found {texts['num_class']!r}; only multi:softmax and multi:softprob take it, "
            f"and the objective is {objective}"
        )
    if "base_score" in values:
        try:
            task.base_score.parse(texts["base_score"])
        except ValueError:
            raise TrainingError(
                f"base_score: found {texts['base_score']!r}; expected {task.base_score.expected} "
                f"with objective {objective}"
            ) from None


def _check_booster(values: Mapping[str, Any]) -> None:
    booster = values.get("booster", "gbtree")
    if values.get("use_dask_gpu_training") == "true":
        raise TrainingError("use_dask_gpu_training: found 'true'; expected 'false': GPUs are not used here")
    if values.get("process_type") == "update":
        raise TrainingError("process_type: found 'update', which needs a model to begin with; expected 'default'")
    if booster == "gblinear" and "early_stopping_rounds" in values:
        raise TrainingError(
            "early_stopping_rounds needs the booster gbtree or dart: gblinear cannot go back to a round"
        )
    if values.get("tree_method") == "exact" and values.get("max_depth") == 0:
        raise TrainingError(
            f"max_depth: found '0', no limit, which tree_method exact cannot do; expected 1 to {INT32_MAX}"
        )
    if "updater" in values:
        check_updaters(values["updater"], booster)


def _metrics(values: Mapping[str, Any]) -> tuple[str, ...]:
    power = values.get("tweedie_variance_power", _DEFAULT_TWEEDIE_VARIANCE_POWER)

    def canonical(name: str) -> str:
        return canonical_metric(name, values["objective"], power)

    metrics = dict.fromkeys(map(canonical, values.get("eval_metric", ())))
    tuned = ",".join(values.get("_tuning_objective_metric", ()))
    if tuned:
        channel, _, name = tuned.partition(":")
        if channel != "validation":
            raise TrainingError(f"_tuning_objective_metric: found {tuned!r}; expected validation:METRIC")
        # Early stopping watches the last metric: it must be the tuned one.
        metrics.pop(canonical(name), None)
        metrics[canonical(name)] = None
    return tuple(metrics)


def _params(values: Mapping[str, Any]) -> dict[str, Any]:
    params = {name: value for name, value in values.items() if name in XGBOOST}
    if "monotone_constraints" in params:
        params["monotone_constraints"] = f"({','.join(map(str, params['monotone_constraints']))})"
    if "interaction_constraints" in params:
        params["interaction_constraints"] = str([list(group) for group in params["interaction_constraints"]])
    if "updater" in params:
        params["updater"] = ",".join(params["updater"])
    return params
