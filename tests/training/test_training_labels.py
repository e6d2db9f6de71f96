"""Labels, weights and queries against the objective; XGBoost refuses what is refused here."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from pipeline.errors import DataError, TrainingError
from pipeline.training.channels import Channel
from pipeline.training.hyperparameters import validate
from pipeline.training.labels import check_rows, check_train
from pipeline.training.matrices import to_dmatrix
from pipeline.training.objectives import OBJECTIVES
from pipeline.training.train import train


def channel(label, weight=None, qid=None):
    label = np.asarray(label, np.float32)
    half = len(label) // 2
    return Channel(
        name="train",
        label=label,
        features=np.arange(len(label), dtype=np.float32).reshape(-1, 1),
        num_feature=1,
        files=(("train/a", half), ("train/b", len(label) - half)),
        weight=None if weight is None else np.asarray(weight, np.float32),
        qid=None if qid is None else np.asarray(qid, np.int64),
    )


def hyperparameters(objective="reg:squarederror", **rest):
    classes = {"num_class": "3"} if objective.startswith("multi:") else {}
    return validate({"num_round": "1", "objective": objective, **classes, **rest})


BAD = {
    "reg:squarederror": [np.nan, np.inf, -np.inf],
    "reg:squaredlogerror": [-1, np.nan],
    "reg:absoluteerror": [np.nan],
    "reg:pseudohubererror": [np.inf],
    "reg:logistic": [1.5, -0.1, np.nan],
    "reg:gamma": [0, -1, np.nan],
    "reg:tweedie": [-1, np.inf],
    "count:poisson": [-1, np.nan],
    "binary:logistic": [2, -1, np.nan],
    "binary:logitraw": [2, -1, np.nan],
    "multi:softmax": [3, -1, np.nan],
    "multi:softprob": [3, -1],
    "rank:pairwise": [0.5, -1, 32, np.nan],
    "rank:ndcg": [0.5, -1, 32],
    "rank:map": [2, 0.5],
}
# XGBoost takes these and learns something that was not meant.
BAD_FOR_US = {"binary:hinge": [0.5, 2, np.nan], "multi:softmax": [0.5], "survival:cox": [np.nan]}


@pytest.mark.parametrize(
    ("objective", "value"),
    [(name, value) for table in (BAD, BAD_FOR_US) for name, values in table.items() for value in values],
)
def test_bad_labels_name_their_row(objective, value):
    labels = [1, 0, 1, 1, value, 1]
    if objective == "reg:gamma":
        labels[1] = 2
    with pytest.raises(DataError, match="train/b, row 2, column 'label'") as caught:
        check_train(channel(labels, qid=[1] * 6), hyperparameters(objective))
    assert caught.value.row == 2
    assert caught.value.expected


def learn(objective, labels):
    matrix = xgboost.DMatrix(np.zeros((len(labels), 1)), label=labels, group=[len(labels)])
    xgboost.train(dict(hyperparameters(objective).params), matrix, 1, evals=[(matrix, "train")], verbose_eval=False)


@pytest.mark.parametrize(("objective", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_xgboost_refuses_them_too(objective, value):
    labels = [1, 0, 1, 1, value, 1] if objective != "reg:gamma" else [1, 2, 1, 1, value, 1]
    with pytest.raises(xgboost.core.XGBoostError):
        learn(objective, labels)


def test_labels_at_the_bounds():
    good = {
        "reg:squaredlogerror": [-0.5, 3],
        "reg:logistic": [0, 0.5, 1],
        "reg:gamma": [0.1, 2],
        "count:poisson": [0, 2.5],
        "binary:logistic": [0, 0.5, 1],
        "multi:softmax": [0, 1, 2],
        "rank:ndcg": [0, 31, 4],
        "survival:cox": [-3, 2],
    }
    for objective, labels in good.items():
        check_train(channel(labels, qid=[1] * len(labels)), hyperparameters(objective))


@pytest.mark.parametrize("objective", sorted(set(OBJECTIVES) - {"survival:aft"}))
def test_a_constant_label(objective):
    with pytest.raises(TrainingError, match="channel 'train': every label is 1, there is nothing to learn"):
        check_train(channel([1] * 4, qid=[1] * 4), hyperparameters(objective))
    check_rows(channel([1] * 4, qid=[1] * 4), hyperparameters(objective))


def test_auc_needs_both_classes():
    asked = hyperparameters("binary:logistic", eval_metric="logloss,auc")
    with pytest.raises(TrainingError, match="labels of one class only: auc and aucpr need both"):
        check_rows(channel([0, 0]), asked)
    check_rows(channel([0, 1]), asked)


def test_weights():
    check_train(channel([1, 2, 3], weight=[0, 1, 2]), hyperparameters())
    for value in (-1, np.nan, np.inf):
        with pytest.raises(DataError, match="train/b, row 2, column 'weight'"):
            check_train(channel([1, 2, 3, 4], weight=[0, 1, 2, value]), hyperparameters())
    with pytest.raises(TrainingError, match="every weight is 0"):
        check_train(channel([1, 2], weight=[0, 0]), hyperparameters())


def test_ranking_needs_queries():
    with pytest.raises(TrainingError, match="has no queries") as caught:
        check_train(channel([0, 1]), hyperparameters("rank:ndcg"))
    assert "qid:" in caught.value.hint
    with pytest.raises(TrainingError, match="leave weights out"):
        check_train(channel([0, 1], qid=[1, 1], weight=[1, 1]), hyperparameters("rank:ndcg"))
    with pytest.raises(DataError, match="train/b, row 2, column 'qid': query 5 begins a second time"):
        check_train(channel([0, 1, 0, 1], qid=[5, 2, 2, 5]), hyperparameters("rank:ndcg"))


def test_queries_reach_xgboost():
    random = np.random.default_rng(5)
    relevance, features = random.integers(0, 4, 90).astype(np.float32), random.random((90, 2)).astype(np.float32)
    # Queries need not rise: only their rows must stand together.
    qid = np.repeat([9, 2, 5], [40, 20, 30])
    asked = hyperparameters("rank:ndcg", eval_metric="ndcg@5")
    ours = Channel("train", relevance, features, 2, (("train/a", 90),), qid=qid)
    check_train(ours, asked)
    direct = xgboost.train(dict(asked.params), xgboost.DMatrix(features, label=relevance, group=[40, 20, 30]), 1)
    assert train(asked, to_dmatrix(ours, 2)).model == bytes(direct.save_raw("ubj"))
