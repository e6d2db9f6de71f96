"""The rounds: model, metrics and log lines are those of `xgboost.train` on the same arrays."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from pipeline.errors import TrainingError
from pipeline.training.channels import read_channel
from pipeline.training.hyperparameters import validate
from pipeline.training.matrices import check_features, to_dmatrix
from pipeline.training.train import train


def direct(params, rounds, matrices, **rest):
    """XGBoost's own model, metrics and lines."""
    lines: list[str] = []
    evals: dict[str, dict[str, list[float]]] = {}
    monitor = xgboost.callback.EvaluationMonitor(logger=lambda line: lines.append(line.strip()))
    booster = xgboost.train(
        params,
        matrices[0],
        rounds,
        evals=list(zip(matrices, ["train", "validation"], strict=False)),
        evals_result=evals,
        callbacks=[monitor],
        verbose_eval=False,
        **rest,
    )
    return booster, {name: dict(log) for name, log in evals.items()}, lines


def matrices_of(label, features, split):
    return [
        xgboost.DMatrix(np.asarray(features[rows], np.float32), label=np.asarray(label[rows], np.float32))
        for rows in (slice(None, split), slice(split, None))
    ]


def test_abalone_with_the_samples_hyperparameters(base, abalone, csv_text, capsys):
    parts = [abalone[:3300], abalone[3300:]]
    channels = [
        read_channel(base.channel(name, {"part.csv": csv_text(part)}), "text/csv")
        for name, part in zip(["train", "validation"], parts, strict=True)
    ]
    hyperparameters = validate(
        {
            "objective": "reg:linear",
            "eta": "0.2",
            "gamma": "4",
            "max_depth": "5",
            "num_round": "10",
            "subsample": "0.7",
            "silent": "0",
            "min_child_weight": "6",
        }
    )
    reported = []
    result = train(
        hyperparameters,
        *(to_dmatrix(channel, 9) for channel in channels),
        progress=lambda at, metrics: reported.append((at, metrics)),
    )
    matrices = [xgboost.DMatrix(part[:, 1:].astype(np.float32), label=part[:, 0]) for part in parts]
    params = {
        "objective": "reg:squarederror",
        "eta": 0.2,
        "gamma": 4,
        "max_depth": 5,
        "subsample": 0.7,
        "min_child_weight": 6,
    }
    booster, evals, lines = direct(params, 10, matrices)
    assert capsys.readouterr().out.splitlines() == lines
    assert lines[0].startswith("[0]\ttrain-rmse:2.")
    assert result.evals == evals
    assert result.model == bytes(booster.save_raw("ubj"))
    loaded = xgboost.Booster(model_file=bytearray(result.model))
    np.testing.assert_array_equal(loaded.predict(matrices[1]), booster.predict(matrices[1]))
    assert (result.rounds, result.best_iteration) == (10, 9)
    assert [at for at, _ in reported] == list(range(10))
    assert reported[3][1] == {name: {"rmse": log["rmse"][3]} for name, log in evals.items()}


@pytest.mark.parametrize(
    "given",
    [
        {"booster": "dart", "rate_drop": "0.3", "one_drop": "1", "seed": "4"},
        {"booster": "gblinear", "lambda": "0.1", "updater": "coord_descent"},
        {"tree_method": "exact", "monotone_constraints": "(1,0)", "eval_metric": "mae,rmse"},
        {
            "grow_policy": "lossguide",
            "max_leaves": "7",
            "interaction_constraints": "[[0,1],[2]]",
            "colsample_bytree": "0.5",
        },
        {"num_parallel_tree": "3", "sampling_method": "gradient_based", "subsample": "0.5", "max_bin": "32"},
    ],
)
def test_other_ways_to_boost(numbers, given, capsys):
    label, features = numbers
    matrices = matrices_of(label, features, 200)
    result = train(validate({"num_round": "4", **given}), *matrices)
    booster, evals, lines = direct({**given, "eval_metric": given.get("eval_metric", "rmse").split(",")}, 4, matrices)
    assert capsys.readouterr().out.splitlines() == lines
    assert result.evals == evals
    assert result.model == bytes(booster.save_raw("ubj"))


def test_weights_count(base, numbers, csv_text):
    label, features = numbers
    weight = np.linspace(0.1, 3, len(label))
    folder = base.channel("train", {"a.csv": csv_text(label, weight, features)})
    result = train(validate({"num_round": "3"}), to_dmatrix(read_channel(folder, "text/csv", csv_weights=True), 4))
    matrix = xgboost.DMatrix(features.astype(np.float32), label=label, weight=weight)
    booster, evals, _ = direct({}, 3, [matrix])
    assert result.model == bytes(booster.save_raw("ubj"))
    assert result.evals == evals
    unweighted, _, _ = direct({}, 3, [xgboost.DMatrix(features.astype(np.float32), label=label)])
    assert result.model != bytes(unweighted.save_raw("ubj"))


def test_libsvm_without_its_zeros_is_dense_with_missing_values(base):
    random = np.random.default_rng(2)
    features = random.integers(0, 3, (200, 5)).astype(np.float64)
    features[:, 4] = 0
    label = features[:, 0] - features[:, 2] + random.random(200)
    lines = [
        f"{target!r} " + " ".join(f"{index}:{value!r}" for index, value in enumerate(row) if value)
        for target, row in zip(label.tolist(), features.tolist(), strict=True)
    ]
    channel = read_channel(base.channel("train", {"a": "\n".join(lines)}), "text/libsvm")
    assert channel.num_feature == 4
    result = train(validate({"num_round": "5"}), to_dmatrix(channel, 5))
    booster, evals, _ = direct({}, 5, [xgboost.DMatrix(np.where(features == 0, np.nan, features), label=label)])
    assert result.evals == evals
    assert result.model == bytes(booster.save_raw("ubj"))


def test_libsvm_in_any_order_keeps_written_zeros(base):
    folder = base.channel("train", {"a": "1 2:0 0:1\n0 0:3\n2 1:4\n"})
    matrix = to_dmatrix(read_channel(folder, "libsvm"), 3)
    assert matrix.get_data().toarray().tolist() == [[1, 0, 0], [3, 0, 0], [0, 4, 0]]
    assert matrix.num_nonmissing() == 4


def test_early_stopping_keeps_the_best_round(numbers):
    label, features = numbers
    matrices = matrices_of(label, features, 150)
    hyperparameters = validate(
        {"num_round": "200", "eta": "0.9", "early_stopping_rounds": "3", "eval_metric": "mae,rmse"}
    )
    result = train(hyperparameters, *matrices)
    scores = result.evals["validation"]["rmse"]
    assert result.best_iteration == int(np.argmin(scores))
    assert result.rounds == len(scores) == result.best_iteration + 4
    booster = xgboost.Booster(model_file=bytearray(result.model))
    assert booster.num_boosted_rounds() == result.best_iteration + 1
    stop = xgboost.callback.EarlyStopping(rounds=3, save_best=True)
    same = xgboost.train(
        {"eta": 0.9, "eval_metric": ["mae", "rmse"]},
        matrices[0],
        200,
        evals=[(matrices[1], "validation")],
        callbacks=[stop],
        verbose_eval=False,
    )
    np.testing.assert_array_equal(booster.predict(matrices[1]), same.predict(matrices[1]))


@pytest.mark.parametrize("metrics", ["logloss,auc", "auc,accuracy", "accuracy,auc", "f1"])
def test_early_stopping_follows_the_last_metric_upwards(numbers, metrics):
    label, features = numbers
    matrices = matrices_of(label > 0, features, 150)
    asked = {"objective": "binary:logistic", "num_round": "100", "early_stopping_rounds": "4", "eval_metric": metrics}
    result = train(validate(asked), *matrices)
    scores = result.evals["validation"][metrics.split(",")[-1]]
    assert result.best_iteration == int(np.argmax(scores))
    assert result.rounds == result.best_iteration + 5
    assert set(result.evals["train"]) == set(metrics.split(","))


def test_early_stopping_with_dropped_trees(numbers):
    label, features = numbers
    given = {"booster": "dart", "num_round": "60", "eta": "0.9", "early_stopping_rounds": "2", "num_parallel_tree": "2"}
    result = train(validate(given), *matrices_of(label, features, 150))
    assert xgboost.Booster(model_file=bytearray(result.model)).num_boosted_rounds() == result.best_iteration + 1


def test_early_stopping_on_the_default_metric(numbers):
    label, features = numbers
    matrices = matrices_of(label, features, 150)
    result = train(validate({"num_round": "100", "eta": "0.9", "early_stopping_rounds": "2"}), *matrices)
    assert result.best_iteration == int(np.argmin(result.evals["validation"]["rmse"]))
    with pytest.raises(TrainingError, match="needs a validation channel"):
        train(validate({"num_round": "9", "early_stopping_rounds": "2"}), matrices[0])


@pytest.mark.parametrize("early", [{}, {"early_stopping_rounds": "5"}])
def test_an_early_end_keeps_what_is_there(numbers, early):
    label, features = numbers
    matrices = matrices_of(label, features, 150)
    done = []
    result = train(
        validate({"num_round": "100", "eta": "0.1", **early}),
        *matrices,
        progress=lambda at, _: done.append(at),
        should_stop=lambda: len(done) == 3,
    )
    assert (result.rounds, result.best_iteration) == (3, 2)
    assert xgboost.Booster(model_file=bytearray(result.model)).num_boosted_rounds() == 3


def test_the_same_input_gives_the_same_bytes(numbers):
    label, features = numbers
    given = {"num_round": "5", "subsample": "0.5", "colsample_bynode": "0.5", "nthread": "2"}
    models = [train(validate({**given, "seed": seed}), *matrices_of(label, features, 200)).model for seed in "112"]
    assert models[0] == models[1]
    assert models[0] != models[2]


def test_what_xgboost_refuses_is_said_without_its_stack(numbers):
    label, features = numbers
    matrix = xgboost.DMatrix(features, label=np.floor(np.abs(label)), group=[300])
    asked = {"num_round": "1", "objective": "rank:ndcg", "eval_metric": "map"}
    with pytest.raises(TrainingError) as caught:
        train(validate(asked), matrix)
    assert "binary" in str(caught.value)
    assert "Stack trace" not in str(caught.value)
    assert "/src/" not in str(caught.value)


def test_verbosity_does_not_outlive_the_training(numbers):
    label, features = numbers
    before = xgboost.get_config()["verbosity"]
    train(validate({"num_round": "1", "verbosity": "0"}), *matrices_of(label, features, 200))
    assert xgboost.get_config()["verbosity"] == before


def test_constraints_on_features_that_are_not_there():
    with pytest.raises(TrainingError, match="monotone_constraints speaks of 3 features; the data has 2"):
        check_features(validate({"num_round": "1", "monotone_constraints": "(1,0,1)"}), 2)
    with pytest.raises(TrainingError, match="interaction_constraints names feature 2; the data has 2"):
        check_features(validate({"num_round": "1", "interaction_constraints": "[[0],[2]]"}), 2)
    check_features(validate({"num_round": "1", "interaction_constraints": "[[0],[1]]"}), 2)
