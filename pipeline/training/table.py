"""The hyperparameters of SageMaker's built-in XGBoost: name, what it accepts, and what became of it.

Ranges are those of AWS's container, narrowed where XGBoost itself refuses more.
"""

from __future__ import annotations

from pipeline.training.kinds import (
    INT32_MAX,
    Choice,
    InteractionConstraints,
    Kind,
    MonotoneConstraints,
    Real,
    Whole,
    Words,
)
from pipeline.training.objectives import OBJECTIVES

_BOOLEAN = Choice(("true", "false"))
_SHARE = Real("(0, 1]")
_NOT_NEGATIVE = Real("[0, inf)")

# Read by the training program itself.
PROGRAM: dict[str, Kind] = {
    "num_round": Whole(1),
    "early_stopping_rounds": Whole(1),
    "csv_weights": Whole(0, 1),
    "eval_metric": Words("names of metrics, with commas between them"),
    "_tuning_objective_metric": Words("validation:METRIC"),
    "verbosity": Whole(0, 3),
    "save_model_on_termination": _BOOLEAN,
    "use_dask_gpu_training": _BOOLEAN,
}

# Handed on to XGBoost.
XGBOOST: dict[str, Kind] = {
    "objective": Choice((*OBJECTIVES, "reg:linear")),
    "num_class": Whole(2),
    "booster": Choice(("gbtree", "gblinear", "dart")),
    "tree_method": Choice(("auto", "exact", "approx", "hist")),
    "eta": Real("[0, 1]"),
    "gamma": _NOT_NEGATIVE,
    "max_depth": Whole(0),
    "min_child_weight": _NOT_NEGATIVE,
    "max_delta_step": _NOT_NEGATIVE,
    "subsample": _SHARE,
    "sampling_method": Choice(("uniform", "gradient_based")),
    "colsample_bytree": _SHARE,
    "colsample_bylevel": _SHARE,
    "colsample_bynode": _SHARE,
    "lambda": _NOT_NEGATIVE,
    "alpha": _NOT_NEGATIVE,
    "scale_pos_weight": Real("(0, inf)"),
    "base_score": _NOT_NEGATIVE,
    "grow_policy": Choice(("depthwise", "lossguide")),
    "max_leaves": Whole(0),
    "max_bin": Whole(2),
    "num_parallel_tree": Whole(1),
    "monotone_constraints": MonotoneConstraints(),
    "interaction_constraints": InteractionConstraints(),
    "updater": Words("names of updaters, with commas between them"),
    "process_type": Choice(("default", "update")),
    "refresh_leaf": Whole(0, 1),
    "rate_drop": Real("[0, 1]"),
    "one_drop": Whole(0, 1),
    "skip_drop": Real("[0, 1]"),
    "sample_type": Choice(("uniform", "weighted")),
    "normalize_type": Choice(("tree", "forest")),
    "tweedie_variance_power": Real("(1, 2)"),
    "huber_slope": Real("(0, inf)"),
    "seed": Whole(1 - 2**31, INT32_MAX - 1),
    "nthread": Whole(1),
}

# Checked, then left out: XGBoost has dropped them, or they speak of what is not done here.
WITHOUT_EFFECT: dict[str, Kind] = {
    "silent": Whole(0, 1),
    "sketch_eps": Real("(0, 1)"),
    "predictor": Choice(("auto", "cpu_predictor", "gpu_predictor")),
    "dsplit": Choice(("row", "col")),
    "lambda_bias": Real("[0, 1]"),
    "prob_buffer_row": Real("(1, inf)"),
    "deterministic_histogram": _BOOLEAN,
    "aft_loss_distribution": Choice(("normal", "logistic", "extreme")),
    "aft_loss_distribution_scale": _NOT_NEGATIVE,
}

KINDS: dict[str, Kind] = {**PROGRAM, **XGBOOST, **WITHOUT_EFFECT}

ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}

# XGBoost's Python API calls these by names that SageMaker does not know.
PYTHON_NAMES = {
    "n_estimators": "num_round",
    "num_boost_round": "num_round",
    "random_state": "seed",
    "n_jobs": "nthread",
}
