"""Metrics: which fit which objective, by XGBoost's own judgement, and the added ones against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from pipeline.errors import TrainingError
from pipeline.training.extra_metrics import custom_metric
from pipeline.training.hyperparameters import validate
from pipeline.training.metrics import EXTRA, NATIVE, canonical_metric, is_maximized
from pipeline.training.objectives import OBJECTIVES
from pipeline.training.train import train

ROWS = 60


def _matrix(objective):
    random = np.random.default_rng(3)
    label = random.integers(0, 2, ROWS).astype(np.float32) + (objective == "reg:gamma")
    group = [ROWS // 2] * 2 if objective.startswith("rank:") else None
    return xgboost.DMatrix(random.random((ROWS, 3)), label=label, group=group)


def _hyperparameters(objective, metric):
    classes = {"num_class": "2"} if objective.startswith("multi:") else {}
    return validate({"num_round": "2", "objective": objective, "eval_metric": metric, "nthread": "1", **classes})


@pytest.mark.parametrize("objective", sorted(set(OBJECTIVES) - {"survival:aft"}))
def test_accepted_metrics_are_reported_by_their_names(objective, capsys):
    matrix = _matrix(objective)
    for name in [*NATIVE, *EXTRA, "error@0.7", "ndcg@3-", "map@4", "ndcg-"]:
        try:
            hyperparameters = _hyperparameters(objective, name)
        except TrainingError:
            continue
        assert list(train(hyperparameters, matrix).evals["train"]) == list(hyperparameters.eval_metric)
    assert capsys.readouterr().out


@pytest.mark.parametrize("name", ["rmse", "mae", "logloss", "error", "poisson-nloglik", "map", "ndcg"])
def test_xgboost_itself_refuses_them_for_several_classes(name):
    with pytest.raises(TrainingError, match="does not fit"):
        _hyperparameters("multi:softprob", name)
    params = {"objective": "multi:softprob", "num_class": 2, "eval_metric": name}
    matrix = _matrix("multi:softprob")
    with pytest.raises(xgboost.core.XGBoostError):
        xgboost.train(params, matrix, 1, evals=[(matrix, "train")], verbose_eval=False)


def test_direction():
    maximized = ["auc", "aucpr", "map@3", "ndcg@5-", "ndcg-", "accuracy", "f1", "r2", "recall_macro"]
    minimized = ["rmse", "mae", "mape", "error@0.7", "mse", "tweedie-nloglik@1.5", "merror", "cox-nloglik"]
    assert all(map(is_maximized, maximized))
    assert not any(map(is_maximized, minimized))


def test_long_and_odd_names_are_refused():
    for text in ["", "\n", "error@", "error@x", "@", "auc@3" * 100]:
        with pytest.raises(TrainingError, match="is not a metric"):
            canonical_metric(text, "binary:logistic", 1.5)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "objective", ["binary:logistic", "binary:logitraw", "binary:hinge", "multi:softmax", "multi:softprob"]
)
def test_class_metrics_are_those_of_scikit_learn(objective, weighted):
    sklearn = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(11)
    classes = 4 if objective.startswith("multi:") else 2
    label = random.integers(0, classes, 200)
    weight = random.random(200) if weighted else None
    # Class 3 is predicted, and class 2 never is.
    found = np.where(random.random(200) < 0.6, label, random.integers(0, classes, 200))
    found[found == 2] = 0
    prediction = {
        "binary:logistic": np.where(found, 0.7, 0.2),
        "binary:logitraw": np.where(found, 0.3, -0.4),
        "binary:hinge": found.astype(np.float32),
        "multi:softmax": found.astype(np.float32),
        "multi:softprob": np.eye(classes)[found],
    }[objective]
    names = [name for name in EXTRA if name not in {"mse", "r2"}]
    matrix = xgboost.DMatrix(np.zeros((200, 1)), label=label, weight=weight)
    scores = dict(custom_metric(names, objective, classes)(prediction, matrix))

    exact = matrix.get_weight() if weighted else None
    expected = {
        "accuracy": sklearn.accuracy_score(label, found, sample_weight=exact),
        "balanced_accuracy": sklearn.balanced_accuracy_score(label, found, sample_weight=exact),
    }
    for kind in ("f1", "precision", "recall"):
        score = getattr(sklearn, f"{kind}_score")
        for average in ("macro", "micro", *(["binary"] if classes == 2 else [])):
            name = {"f1_macro": "f1_macro", "precision_binary": "precision", "recall_binary": "recall"}.get(
                f"{kind}_{average}", f"{kind}_{average}"
            )
            expected[name] = score(label, found, average=average, sample_weight=exact, zero_division=0)
    expected["f1"] = expected["f1_macro"]
    for name, value in expected.items():
        if name in scores:
            assert scores[name] == pytest.approx(value, rel=1e-12), name
    assert set(scores) - set(expected) <= {"f1_binary", "precision", "recall"}


@pytest.mark.parametrize("weighted", [False, True])
def test_regression_metrics_are_those_of_scikit_learn(weighted):
    sklearn = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(12)
    label, prediction = random.random(50).astype(np.float32), random.random(50).astype(np.float32)
    matrix = xgboost.DMatrix(np.zeros((50, 1)), label=label, weight=random.random(50) if weighted else None)
    exact = matrix.get_weight().astype(np.float64) if weighted else None
    doubles = label.astype(np.float64), prediction.astype(np.float64)
    scores = dict(custom_metric(["r2", "mse"], "reg:squarederror")(prediction, matrix))
    assert list(scores) == ["r2", "mse"]
    assert scores["mse"] == pytest.approx(sklearn.mean_squared_error(*doubles, sample_weight=exact), rel=1e-12)
    assert scores["r2"] == pytest.approx(sklearn.r2_score(*doubles, sample_weight=exact), rel=1e-12)


def test_r2_of_one_label():
    matrix = xgboost.DMatrix(np.zeros((3, 1)), label=[2, 2, 2])
    r2 = custom_metric(["r2"], "reg:squarederror")
    assert r2(np.array([2.0, 2, 2]), matrix) == [("r2", 1.0)]
    assert r2(np.array([2.0, 2, 3]), matrix) == [("r2", 0.0)]
