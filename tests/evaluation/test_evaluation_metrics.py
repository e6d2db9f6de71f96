"""Metrics beside XGBoost's own and scikit-learn's, baselines beside scikit-learn's dummies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xgboost
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import classification_report, log_loss, r2_score, roc_auc_score

from pipeline.evaluation.metrics import BINARY, MULTICLASS, REGRESSION, evaluate, task_of

ROWS, CLASSES = 300, 4


def problem(objective: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], dict[str, float]]:
    """Labels of test rows, a small model's predictions of them, and what XGBoost itself says of these."""
    chance = np.random.default_rng(11)
    features = chance.normal(size=(2 * ROWS, 3)).astype(np.float32)
    signal = features @ np.array([2.0, -1.0, 0.5]) + chance.normal(size=2 * ROWS)
    if objective.startswith("multi:"):
        label = np.digitize(signal, [-2, 0, 2])
    else:
        label = signal > 0 if objective.startswith("binary:") else signal
    label = label.astype(np.float32)
    metrics = {"reg": ["rmse", "mae"], "bin": ["logloss", "auc", "error"], "mul": ["mlogloss", "merror"]}
    settings = {"objective": objective, "max_depth": 3, "eval_metric": metrics[objective[:3]], "nthread": 1}
    if objective.startswith("multi:"):
        settings["num_class"] = CLASSES
    train = xgboost.DMatrix(features[:ROWS], label[:ROWS])
    test = xgboost.DMatrix(features[ROWS:], label[ROWS:])
    booster = xgboost.train(settings, train, num_boost_round=5)
    words = booster.eval(test, name="test").split("\t")[1:]
    own = {name.removeprefix("test-"): float(value) for name, value in (word.rsplit(":", 1) for word in words)}
    return label[ROWS:], booster.predict(test), own


@pytest.mark.parametrize(
    ("objective", "task"),
    [
        ("reg:squarederror", REGRESSION),
        ("count:poisson", REGRESSION),
        ("binary:logistic", BINARY),
        ("multi:softprob", MULTICLASS),
        ("multi:softmax", MULTICLASS),
    ],
)
def test_the_task_follows_from_the_objective(objective: str, task: str) -> None:
    assert task_of(objective) == task


def test_a_regression_is_measured_as_xgboost_does() -> None:
    label, prediction, own = problem("reg:squarederror")
    metrics, drawn = evaluate(REGRESSION, label, prediction, 0)
    assert drawn is prediction
    assert metrics["rmse"] == pytest.approx(own["rmse"], rel=1e-5)
    assert metrics["mae"] == pytest.approx(own["mae"], rel=1e-5)
    assert metrics["r2"] == pytest.approx(r2_score(label, prediction))
    mean = DummyRegressor().fit(label, label).predict(label)
    assert metrics["baseline"] == {"rmse": pytest.approx(float(np.sqrt(np.mean((label - mean) ** 2))))}
    assert metrics["rmse"] < metrics["baseline"]["rmse"]


def test_two_classes_are_measured_as_xgboost_does() -> None:
    label, prediction, own = problem("binary:logistic")
    metrics, drawn = evaluate(BINARY, label, prediction, 2)
    assert drawn is prediction
    assert metrics["logloss"] == pytest.approx(own["logloss"], rel=1e-5)
    assert metrics["auc"] == pytest.approx(own["auc"], rel=1e-5)
    assert metrics["accuracy"] == pytest.approx(1 - own["error"], rel=1e-5)
    positive = classification_report(label, prediction > 0.5, output_dict=True)["1.0"]
    found = {"precision": metrics["precision"], "recall": metrics["recall"], "f1-score": metrics["f1"]}
    assert found == {name: pytest.approx(positive[name]) for name in found}
    prior = DummyClassifier(strategy="prior").fit(label, label)
    shares = prior.predict_proba(label)
    assert metrics["baseline"] == {
        "accuracy": pytest.approx(prior.score(label, label)),
        "auc": pytest.approx(roc_auc_score(label, shares[:, 1])),
        "logloss": pytest.approx(log_loss(label, shares)),
    }


def test_many_classes_are_measured_as_xgboost_does() -> None:
    label, prediction, own = problem("multi:softprob")
    metrics, drawn = evaluate(MULTICLASS, label, prediction, CLASSES)
    assert drawn is prediction
    assert metrics["mlogloss"] == pytest.approx(own["mlogloss"], rel=1e-5)
    assert metrics["accuracy"] == pytest.approx(1 - own["merror"], rel=1e-5)
    report = classification_report(label, prediction.argmax(axis=1), output_dict=True)
    assert metrics["macro_f1"] == pytest.approx(report["macro avg"]["f1-score"])
    prior = DummyClassifier(strategy="prior").fit(label, label)
    assert metrics["baseline"] == {
        "accuracy": pytest.approx(prior.score(label, label)),
        "mlogloss": pytest.approx(log_loss(label, prior.predict_proba(label))),
    }


def test_bare_classes_are_drawn_as_certain_probabilities() -> None:
    label, prediction, own = problem("multi:softmax")
    assert prediction.ndim == 1
    metrics, drawn = evaluate(MULTICLASS, label, prediction, CLASSES)
    assert drawn.shape == (ROWS, CLASSES)
    assert np.array_equal(drawn.argmax(axis=1), prediction)
    assert np.array_equal(drawn.sum(axis=1), np.ones(ROWS))
    assert metrics["accuracy"] == pytest.approx(1 - own["merror"], rel=1e-5)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_one_class_alone_has_no_auc_and_finite_figures_else(share: float) -> None:
    label = np.full(20, share, dtype=np.float32)
    metrics, _ = evaluate(BINARY, label, np.linspace(0.1, 0.4, 20, dtype=np.float32), 2)
    assert metrics.pop("auc") is None
    baseline = metrics.pop("baseline")
    assert all(np.isfinite(value) for value in [*metrics.values(), *baseline.values()])
    assert metrics["accuracy"] == 1 - share
    assert metrics["precision"] == metrics["recall"] == metrics["f1"] == 0
    assert baseline["accuracy"] == 1
    assert baseline["logloss"] == pytest.approx(0)


def test_classes_that_the_test_rows_lack_leave_the_figures_defined() -> None:
    label = np.array([0, 2, 2, 0], dtype=np.float32)
    prediction = np.array([[0.6, 0.3, 0.1, 0], [0.1, 0.2, 0.7, 0], [0.2, 0.6, 0.2, 0], [0.5, 0, 0.5, 0]], np.float32)
    metrics, _ = evaluate(MULTICLASS, label, prediction, CLASSES)
    assert metrics["accuracy"] == 0.75
    assert metrics["mlogloss"] == pytest.approx(-np.mean(np.log([0.6, 0.7, 0.2, 0.5])), rel=1e-6)
    # Class 1 is predicted, so it counts; class 3 is neither there nor predicted.
    assert metrics["macro_f1"] == pytest.approx((1 + 0 + 2 / 3) / 3)
    assert metrics["baseline"] == {"accuracy": 0.5, "mlogloss": pytest.approx(np.log(2))}


def test_a_certain_mistake_costs_much_and_not_infinity() -> None:
    metrics, _ = evaluate(MULTICLASS, np.array([0.0, 1.0]), np.array([[0, 1], [0, 1]], np.float32), 2)
    assert 10 < metrics["mlogloss"] < np.inf


def test_figures_are_plain_numbers() -> None:
    cases = {"reg:squarederror": REGRESSION, "binary:logistic": BINARY, "multi:softprob": MULTICLASS}
    for objective, task in cases.items():
        label, prediction, _ = problem(objective)
        metrics, _ = evaluate(task, label, prediction, CLASSES)
        baseline = metrics.pop("baseline")
        assert {type(value) for value in [*metrics.values(), *baseline.values()]} == {float}


@given(st.lists(st.integers(0, CLASSES - 1), min_size=1, max_size=50))
def test_who_predicts_the_frequencies_is_the_baseline(classes: list[int]) -> None:
    label = np.array(classes, dtype=np.float32)
    shares = np.bincount(classes, minlength=CLASSES) / len(classes)
    metrics, _ = evaluate(MULTICLASS, label, np.tile(shares, (len(classes), 1)), CLASSES)
    assert metrics["mlogloss"] == pytest.approx(metrics["baseline"]["mlogloss"])
    assert metrics["accuracy"] == pytest.approx(metrics["baseline"]["accuracy"])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_who_predicts_the_mean_is_the_baseline(values: list[float]) -> None:
    label = np.array(values)
    metrics, _ = evaluate(REGRESSION, label, np.full(len(values), label.mean()), 0)
    assert metrics["rmse"] == pytest.approx(metrics["baseline"]["rmse"])
