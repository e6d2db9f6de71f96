"""Curves and counts against XGBoost's own metrics and against their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report import evaluation

SCORED = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=60).filter(
    lambda rows: 0 < sum(label for label, _ in rows) < len(rows)
)


def _arrays(rows):
    return np.array([label for label, _ in rows], dtype=float), np.array([score / 8 for _, score in rows])


@pytest.mark.parametrize("decimals", [1, 2, 8])
def test_auc_and_error_are_xgboosts(decimals):
    import xgboost

    rng = np.random.default_rng(decimals)
    features = rng.normal(size=(500, 4)).round(decimals)
    label = (features.sum(axis=1) + rng.normal(size=500) > 0).astype(float)
    matrix = xgboost.DMatrix(features, label)
    parameters = {"objective": "binary:logistic", "max_depth": 2, "eval_metric": ["auc", "error"], "nthread": 1}
    evals: dict = {}
    booster = xgboost.train(parameters, matrix, 4, evals=[(matrix, "all")], evals_result=evals, verbose_eval=False)
    score = booster.predict(matrix).astype(np.float64)
    assert evaluation.auc(label, score) == pytest.approx(evals["all"]["auc"][-1], abs=1e-6)
    errors = np.mean(evaluation.predicted_class(score) != label)
    assert errors == pytest.approx(evals["all"]["error"][-1], abs=1e-6)


@given(SCORED)
@settings(max_examples=60, deadline=None)
def test_auc_is_the_share_of_pairs_in_order(rows):
    label, score = _arrays(rows)
    positive, negative = score[label == 1][:, None], score[label == 0][None, :]
    assert evaluation.auc(label, score) == pytest.approx(np.mean((positive > negative) + 0.5 * (positive == negative)))


@given(SCORED)
@settings(max_examples=60, deadline=None)
def test_each_point_of_the_curves_is_a_cut_off(rows):
    label, score = _arrays(rows)
    false_rate, true_rate = evaluation.roc(label, score)
    recall, precision = evaluation.precision_recall(label, score)
    for place, cut in enumerate(sorted(set(score), reverse=True)):
        said = score >= cut
        assert true_rate[place + 1] == pytest.approx(np.mean(said[label == 1]))
        assert false_rate[place + 1] == pytest.approx(np.mean(said[label == 0]))
        assert recall[place] == pytest.approx(np.mean(said[label == 1]))
        assert precision[place] == pytest.approx(np.mean(label[said]))


@given(SCORED)
@settings(max_examples=60, deadline=None)
def test_calibration_groups_hold_every_row_once(rows):
    label, score = _arrays(rows)
    means, shares, counts = evaluation.calibration(label, score)
    assert counts.sum() == len(label)
    assert np.sum(means * counts) == pytest.approx(score.sum())
    assert np.sum(shares * counts) == pytest.approx(label.sum())
    assert np.all(np.diff(means) >= -1e-12)


def test_confusion_counts_actual_by_predicted():
    counts = evaluation.confusion(np.array([0.0, 0, 1, 2]), np.array([0.0, 2, 1, 1]), 3)
    assert counts.tolist() == [[1, 0, 1], [0, 1, 0], [0, 1, 0]]


def test_a_class_nobody_predicted_has_no_precision():
    found = evaluation.share(np.array([1, 0]), np.array([2, 0]))
    assert found[0] == 0.5
    assert np.isnan(found[1])
