"""Hyperparameters: SageMaker's names and ranges, and what XGBoost makes of them."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
import xgboost
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import TrainingError
from pipeline.training.hyperparameters import validate
from pipeline.training.kinds import Choice, Real, Whole
from pipeline.training.objectives import OBJECTIVES
from pipeline.training.table import ALIASES, KINDS, WITHOUT_EFFECT, XGBOOST

SAMPLE = {
    "objective": "reg:linear",
    "eta": "0.2",
    "gamma": "4",
    "max_depth": "5",
    "num_round": "10",
    "subsample": "0.7",
    "silent": "0",
    "min_child_weight": "6",
}
WHOLES = sorted(name for name, kind in KINDS.items() if isinstance(kind, Whole))
REALS = sorted(name for name, kind in KINDS.items() if isinstance(kind, Real))
CHOICES = sorted(name for name, kind in KINDS.items() if isinstance(kind, Choice))


def test_the_abalone_sample():
    checked = validate(SAMPLE)
    assert checked.num_round == 10
    assert dict(checked.params) == {
        "objective": "reg:squarederror",
        "eta": 0.2,
        "gamma": 4.0,
        "max_depth": 5,
        "subsample": 0.7,
        "min_child_weight": 6.0,
    }
    assert checked.notices == (
        "silent has no effect and is left out",
        "objective reg:linear is called reg:squarederror today",
    )


def test_numbers_are_taken_as_their_text():
    assert validate({"num_round": 5, "eta": 0.1, "csv_weights": 1}) == validate(
        {"num_round": "5", "eta": "0.1", "csv_weights": "1"}
    )
    with pytest.raises(TrainingError, match=r"max_depth: found '5\.0'; expected a whole number from 0 up"):
        validate({"num_round": 5, "max_depth": 5.0})


def test_hyperparameters_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        validate(SAMPLE).num_round = 3  # type: ignore[misc]


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_aliases(alias, name):
    assert validate({"num_round": "1", alias: "0.5"}).params[name] == 0.5
    with pytest.raises(TrainingError, match=f"{name} is given twice: {alias} is another name"):
        validate({"num_round": "1", alias: "0.5", name: "0.5"})


@pytest.mark.parametrize(
    ("hyperparameters", "message", "hint"),
    [
        ({}, "num_round is required", "number of boosting rounds"),
        ({"num_round": "0"}, "num_round: found '0'; expected a whole number from 1 up", None),
        ({"num_rounds": "3"}, "'num_rounds' is not a hyperparameter", "did you mean 'num_round'"),
        ({"n_estimators": "3"}, "'n_estimators' is not a hyperparameter", "did you mean 'num_round'"),
        ({"learning-rate": "3"}, "'learning-rate' is not a hyperparameter", "did you mean 'learning_rate'"),
        ({"zzz": "3"}, "'zzz' is not a hyperparameter", "known are num_round"),
        ({"eta": "fast"}, r"eta: found 'fast'; expected a number in \[0, 1\]", None),
        ({"eta": ["1"]}, "eta must be a text or a number", None),
        ({"eta": None}, "eta must be a text or a number", None),
        ({"eta": "9" * 200}, "eta: found '9{97}[.][.][.]'", None),
        ({"subsample": "0"}, r"subsample: found '0'; expected a number in \(0, 1\]", None),
        ({"max_bin": "1"}, "max_bin: found '1'; expected a whole number from 2 up", None),
        ({"max_depth": "1_0"}, "max_depth: found '1_0'", None),
        ({"lambda": "nan"}, "lambda: found 'nan'", None),
        ({"lambda": "1e999"}, "lambda: found '1e999'", None),
        ({"booster": "gbm"}, "booster: found 'gbm'; expected one of gbtree, gblinear, dart", None),
        ({"tree_method": "gpu_hist"}, "tree_method: found 'gpu_hist'", "tree_method=hist"),
        ({"tree_method": "exact", "max_depth": "0"}, "max_depth: found '0', no limit", None),
        ({"use_dask_gpu_training": "true"}, "use_dask_gpu_training: found 'true'", None),
        ({"process_type": "update"}, "process_type: found 'update'", None),
        ({"booster": "gblinear", "early_stopping_rounds": "3"}, "early_stopping_rounds needs the booster", None),
        ({"objective": "reg:squared"}, "objective: found 'reg:squared'; expected one of", None),
        ({"objective": "survival:aft"}, "survival:aft needs a lower and an upper bound", "survival:cox"),
        ({"objective": "multi:softmax"}, "num_class is required", None),
        ({"objective": "multi:softmax", "num_class": "1"}, "num_class: found '1'", None),
        ({"objective": "binary:logistic", "num_class": "2"}, "num_class: found '2'; only multi:softmax", None),
        (
            {"objective": "binary:logistic", "base_score": "1"},
            r"base_score: found '1'; expected a number in \(0, 1\)",
            None,
        ),
        (
            {"objective": "reg:gamma", "base_score": "0"},
            r"base_score: found '0'; expected a number in \(0, inf\)",
            None,
        ),
        ({"monotone_constraints": "(1,2)"}, "monotone_constraints: found", None),
        ({"monotone_constraints": "()"}, "monotone_constraints: found", None),
        ({"interaction_constraints": "[[0,1]"}, "interaction_constraints: found", None),
        ({"interaction_constraints": "[[0,-1]]"}, "interaction_constraints: found", None),
        ({"interaction_constraints": "[" * 5000}, "interaction_constraints: found", None),
        ({"updater": "prune"}, "updater: found 'prune'; expected one of grow_colmaker", "tree_method"),
        ({"updater": "grow_colmaker,grow_histmaker"}, "updater: found", None),
        ({"updater": "shotgun"}, "updater: found 'shotgun'", None),
        ({"booster": "gblinear", "updater": "prune"}, "updater: found 'prune'; expected one of shotgun", None),
        ({"eval_metric": "rmse,"}, "eval_metric: found 'rmse,'; expected names of metrics", None),
        ({"eval_metric": "rsme"}, "eval_metric: 'rsme' is not a metric", "did you mean 'rmse'"),
        ({"eval_metric": "rmse@3"}, "eval_metric: 'rmse@3' is not a metric", None),
        ({"eval_metric": "ndcg@0", "objective": "rank:ndcg"}, "eval_metric: 'ndcg@0' is not a metric", None),
        ({"eval_metric": "auc"}, "'auc' does not fit the objective 'reg:squarederror'", None),
        ({"eval_metric": "rmse", "objective": "multi:softprob", "num_class": "3"}, "'rmse' does not fit", None),
        ({"eval_metric": "merror", "objective": "binary:logistic"}, "'merror' does not fit", None),
        ({"_tuning_objective_metric": "train:rmse"}, "_tuning_objective_metric: found 'train:rmse'", None),
    ],
)
def test_refused(hyperparameters, message, hint):
    given_round = {} if "num_round" in hyperparameters or not hyperparameters else {"num_round": "1"}
    with pytest.raises(TrainingError, match=message) as caught:
        validate({**given_round, **hyperparameters})
    if hint is None:
        return
    assert hint in caught.value.hint


@given(st.sampled_from(WHOLES), st.integers())
def test_whole_numbers_by_their_bounds(name, number):
    kind = KINDS[name]
    assert isinstance(kind, Whole)
    if kind.low <= number <= kind.high:
        assert kind.parse(str(number)) == number
    else:
        with pytest.raises(ValueError, match=r"\d"):
            kind.parse(str(number))


@given(st.sampled_from(REALS), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_by_their_intervals(name, number):
    kind = KINDS[name]
    assert isinstance(kind, Real)
    low, high = map(float, kind.interval[1:-1].split(","))
    inside = (
        low < number < high
        or (number == low and kind.interval[0] == "[")
        or (number == high and kind.interval[-1] == "]")
    )
    if inside:
        assert kind.parse(repr(number)) == number
    else:
        with pytest.raises(ValueError, match=r"\d"):
            kind.parse(repr(number))


@given(st.sampled_from(sorted(XGBOOST)), st.text(max_size=12))
def test_a_text_that_is_no_value_is_refused_by_name(name, text):
    try:
        KINDS[name].parse(text.strip())
    except ValueError:
        with pytest.raises(TrainingError, match=f"^{name}: found .*; expected "):
            validate({"num_round": "1", name: text})


@pytest.mark.parametrize("name", CHOICES)
def test_choices_do_not_take_other_words(name):
    kind = KINDS[name]
    assert all(kind.parse(word) == word for word in kind.words)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="other"):
        kind.parse("other")


def test_what_has_no_effect_is_checked_and_left_out():
    values = {"sketch_eps": "0.03", "predictor": "cpu_predictor", "dsplit": "row", "deterministic_histogram": "true"}
    checked = validate({"num_round": "1", **values})
    assert checked.params == {"objective": "reg:squarederror"}
    assert len(checked.notices) == len(values)
    with pytest.raises(TrainingError, match=r"sketch_eps: found '1'; expected a number in \(0, 1\)"):
        validate({"num_round": "1", "sketch_eps": "1"})


def test_save_model_on_termination_is_said_to_hold_always():
    assert validate({"num_round": "1", "save_model_on_termination": "true"}).notices == ()
    assert "always" in validate({"num_round": "1", "save_model_on_termination": "false"}).notices[0]


def test_lists_become_what_xgboost_reads():
    params = validate(
        {
            "num_round": "1",
            "monotone_constraints": "(1, 0, -1)",
            "interaction_constraints": "[[0, 1], [2]]",
            "updater": "grow_histmaker, prune",
        }
    ).params
    assert params["monotone_constraints"] == "(1,0,-1)"
    assert params["interaction_constraints"] == "[[0, 1], [2]]"
    assert params["updater"] == "grow_histmaker,prune"


def test_metrics_are_named_as_xgboost_reports_them():
    metrics = "error@0.50, error@.7, auc, error, logloss"
    checked = validate({"num_round": "1", "objective": "binary:logistic", "eval_metric": metrics})
    assert checked.eval_metric == ("error", "error@0.7", "auc", "logloss")
    tweedie = validate(
        {
            "num_round": "1",
            "objective": "reg:tweedie",
            "tweedie_variance_power": "1.3",
            "eval_metric": "tweedie-nloglik,tweedie-nloglik@1.50",
        }
    )
    assert tweedie.eval_metric == ("tweedie-nloglik@1.3", "tweedie-nloglik@1.5")


def test_the_tuned_metric_comes_last():
    checked = validate({"num_round": "1", "eval_metric": "mae,rmse", "_tuning_objective_metric": "validation:mae"})
    assert checked.eval_metric == ("rmse", "mae")


@pytest.mark.parametrize("booster", ["gbtree", "dart", "gblinear"])
def test_xgboost_knows_every_name_that_is_handed_on(booster):
    """XGBoost warns of parameters that it does not use: none may be unknown to all boosters."""
    linear = {"lambda", "alpha", "updater", "seed", "nthread", "base_score", "objective", "booster", "eta"}
    dart = {"rate_drop", "one_drop", "skip_drop", "sample_type", "normalize_type"}
    special = {"num_class", "tweedie_variance_power", "huber_slope", "updater", "tree_method", "process_type"}
    values = {
        "eta": "0.3",
        "gamma": "0",
        "max_depth": "3",
        "min_child_weight": "1",
        "max_delta_step": "1",
        "subsample": "0.9",
        "sampling_method": "uniform",
        "colsample_bytree": "0.9",
        "colsample_bylevel": "0.9",
        "colsample_bynode": "0.9",
        "lambda": "1",
        "alpha": "0.1",
        "scale_pos_weight": "2",
        "base_score": "0.4",
        "grow_policy": "lossguide",
        "max_leaves": "4",
        "max_bin": "16",
        "num_parallel_tree": "1",
        "monotone_constraints": "(1,0)",
        "interaction_constraints": "[[0,1]]",
        "refresh_leaf": "1",
        "rate_drop": "0.1",
        "one_drop": "1",
        "skip_drop": "0.1",
        "sample_type": "weighted",
        "normalize_type": "forest",
        "seed": "3",
        "nthread": "1",
        "booster": booster,
        "objective": "binary:logistic",
    }
    assert set(values) | special == set(XGBOOST)
    if booster == "gblinear":
        values = {name: value for name, value in values.items() if name in linear}
    elif booster == "gbtree":
        values = {name: value for name, value in values.items() if name not in dart}
    label = np.arange(40) % 2
    matrix = xgboost.DMatrix(np.random.default_rng(0).random((40, 2)), label=label)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        xgboost.train(dict(validate({"num_round": "1", **values}).params), matrix, 1)
    assert [str(warning.message) for warning in caught] == []


@pytest.mark.parametrize("objective", sorted(set(OBJECTIVES) - {"survival:aft"}))
def test_every_objective_trains(objective):
    extra = {"num_class": "2"} if objective.startswith("multi:") else {}
    label = np.arange(40) % 2 + (objective == "reg:gamma")
    matrix = xgboost.DMatrix(np.random.default_rng(0).random((40, 2)), label=label, group=[20, 20])
    params = validate({"num_round": "1", "objective": objective, **extra}).params
    assert xgboost.train(dict(params), matrix, 1).num_boosted_rounds() == 1


def test_the_three_tables_do_not_overlap():
    assert not set(WITHOUT_EFFECT) & set(XGBOOST)
    assert not set(ALIASES) & set(KINDS)
