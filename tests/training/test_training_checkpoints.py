"""Checkpoints: a job that was interrupted ends with the same model as one that was not."""

from __future__ import annotations

import json
import signal

import numpy as np
import pytest
import xgboost
from host_cases import channel, failure, hyperparameters, make_hosts, metrics, round_lines, rows, running, train
from host_program import DIE

from pipeline.errors import TrainingError
from pipeline.training import run_job
from pipeline.training.checkpoints import FILE, ROUNDS
from pipeline.training.job import prepare

# What draws at random, and what does not.
WAYS = [
    {},
    {"tree_method": "approx", "eval_metric": "mae,rmse", "early_stopping_rounds": "40"},
    {"booster": "gblinear", "updater": "coord_descent"},
    {"subsample": "0.6", "seed": "5"},
    {"colsample_bytree": "0.5", "colsample_bynode": "0.7"},
    {"booster": "dart", "rate_drop": "0.3"},
]


def with_checkpoints(host, folder):
    folder.mkdir(parents=True, exist_ok=True)
    host.configure("checkpointconfig.json", {"S3Uri": "s3://bucket/checkpoints", "LocalPath": str(folder)})
    return host


def make_job(folder, checkpoints, **asked):
    (host,) = make_hosts(folder, 1)
    data = rows(200)
    channel([host], "train", [data[:150]])
    channel([host], "validation", [data[150:]])
    host.hyperparameters(**{"num_round": "12", "nthread": "1", **asked})
    return with_checkpoints(host, checkpoints) if checkpoints else host


class Interrupted(Exception):
    """What stands for the power that goes off."""


def interrupt(host, after):
    """Runs the job in this process until so many rounds are done, then leaves it as a kill would."""

    def progress(at, _):
        if at + 1 == after:
            raise Interrupted

    with pytest.raises(Interrupted):
        run_job(host.folder, progress=progress)
    assert not host.container.model.exists()


@pytest.mark.parametrize("asked", WAYS)
def test_resumed_is_uninterrupted(tmp_path, monkeypatch, asked):
    monkeypatch.setenv(ROUNDS, "5")
    whole = make_job(tmp_path / "whole", tmp_path / "a", **asked)
    run_job(whole.folder)
    host = make_job(tmp_path / "again", tmp_path / "b", **asked)
    interrupt(host, after=4)  # before the first checkpoint
    assert not (tmp_path / "b" / FILE).exists()
    interrupt(host, after=8)
    interrupt(host, after=11)
    job = prepare(host.folder)
    done = []
    job.run(progress=lambda at, _: done.append(at))
    assert done == [10, 11]
    assert host.container.model.read_bytes() == whole.container.model.read_bytes()
    assert metrics(host) == metrics(whole)


@pytest.mark.parametrize("asked", WAYS[:2])
def test_where_nothing_is_drawn_checkpoints_change_nothing(tmp_path, asked):
    plain, host = make_job(tmp_path / "plain", None, **asked), make_job(tmp_path / "kept", tmp_path / "a", **asked)
    run_job(plain.folder)
    run_job(host.folder)
    assert host.container.model.read_bytes() == plain.container.model.read_bytes()


def test_every_stretch_draws_anew(tmp_path, monkeypatch):
    """Were each stretch seeded alike, each would grow on the same rows."""
    monkeypatch.setenv(ROUNDS, "1")
    host = make_job(tmp_path / "job", tmp_path / "a", subsample="0.5", eta="0", num_round="4")
    run_job(host.folder)
    trees = xgboost.Booster(model_file=bytearray(host.container.model.read_bytes())).get_dump(with_stats=True)
    assert len({tree.replace("leaf=0", "leaf=-0") for tree in trees}) == 4


def test_early_stopping_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv(ROUNDS, "1")
    asked = {"num_round": "200", "eta": "0.9", "early_stopping_rounds": "6"}
    whole = make_job(tmp_path / "whole", None, **asked)
    result = run_job(whole.folder)
    assert result.rounds < 200
    host = make_job(tmp_path / "again", tmp_path / "b", **asked)
    interrupt(host, after=result.best_iteration + 4)
    again = run_job(host.folder)
    assert (again.rounds, again.best_iteration) == (result.rounds, result.best_iteration)
    assert again.model == result.model
    # The last checkpoint has all rounds: nothing is left to do, and the same model comes of it.
    assert run_job(host.folder).model == result.model


def test_more_rounds_later(tmp_path):
    host = make_job(tmp_path / "job", tmp_path / "a", num_round="10")
    run_job(host.folder)
    host.hyperparameters(num_round="14", nthread="1")
    result = run_job(host.folder)
    whole = make_job(tmp_path / "whole", None, num_round="14")
    assert result.model == run_job(whole.folder).model
    host.hyperparameters(num_round="9", nthread="1")
    with pytest.raises(TrainingError, match=r"has 1\d rounds; num_round is 9"):
        run_job(host.folder)


def test_a_checkpoint_is_a_model(tmp_path):
    host = make_job(tmp_path / "job", tmp_path / "a", num_round="10")
    result = run_job(host.folder)
    booster = xgboost.Booster(model_file=str(_with_suffix(tmp_path / "a" / FILE)))
    assert booster.num_boosted_rounds() == 10
    matrix = xgboost.DMatrix(rows()[:, 1:].astype(np.float32))
    kept = xgboost.Booster(model_file=bytearray(result.model))
    np.testing.assert_array_equal(booster.predict(matrix), kept.predict(matrix))
    assert list((tmp_path / "a").iterdir()) == [tmp_path / "a" / f"{FILE}.ubj"]


def _with_suffix(path):
    return path.rename(path.with_suffix(".ubj"))


def test_what_another_job_left_is_refused(tmp_path, monkeypatch):
    host = make_job(tmp_path / "job", tmp_path / "a", num_round="10", eta="0.3")
    run_job(host.folder)
    host.hyperparameters(num_round="10", nthread="1", eta="0.1")
    with pytest.raises(TrainingError, match=r"was made with eta 0\.3; this job has 0\.1\n  hint: give each job"):
        run_job(host.folder)
    host.hyperparameters(num_round="10", nthread="1", eta="0.3")
    channel([host], "train", [rows(150)[:, :-1]])
    channel([host], "validation", [rows(150)[:, :-1]])
    with pytest.raises(TrainingError, match="has 4 features; the data has 3"):
        run_job(host.folder)
    (tmp_path / "a" / FILE).write_bytes(b"{L\x00 not a model")
    with pytest.raises(TrainingError, match="is no checkpoint of this program"):
        run_job(host.folder)
    plain = make_job(tmp_path / "plain", None)
    run_job(plain.folder)
    (tmp_path / "a" / FILE).write_bytes(plain.container.model.read_bytes())
    with pytest.raises(TrainingError, match="is no checkpoint of this program"):
        run_job(host.folder)
    monkeypatch.setenv(ROUNDS, "0")
    with pytest.raises(TrainingError, match="TRAINING_CHECKPOINT_ROUNDS: found '0'; expected a whole number from 1"):
        run_job(host.folder)


def test_two_hosts_killed_and_resumed(tmp_path):
    """The second host has no checkpoint of its own: it goes on with the first one's."""
    data = rows(300)
    whole, again = make_hosts(tmp_path / "whole", 2), make_hosts(tmp_path / "again", 2)
    for hosts in (whole, again):
        channel(hosts, "train", [data[::2], data[1::2]])
        hyperparameters(hosts, num_round="12", subsample="0.8")
        for host in hosts:
            with_checkpoints(host, host.folder / "checkpoints")
    ended = train(whole, tmp_path / "first", **{ROUNDS: "4"})
    assert [end.status for end in ended] == [0, 0], ended
    ended = train(again, tmp_path / "second", **{ROUNDS: "4", DIE: "2"})
    assert [end.status for end in ended] == [-signal.SIGKILL, 1]
    assert failure(again[1]).startswith("another host, algo-1, was lost")
    assert not again[0].container.model.exists()
    ended = train(again, tmp_path / "third", **{ROUNDS: "4"})
    assert [end.status for end in ended] == [0, 0], ended
    assert [line.split("\t")[0] for line in round_lines(ended[0].out)] == ["[8]", "[9]", "[10]", "[11]"]
    assert again[0].container.model.read_bytes() == whole[0].container.model.read_bytes()
    assert not (again[1].folder / "checkpoints" / FILE).exists()


def test_a_checkpoint_that_does_not_fit_ends_all_hosts(tmp_path):
    hosts = make_hosts(tmp_path, 2)
    channel(hosts, "train", [rows(50), rows(60)])
    hyperparameters(hosts, num_round="5")
    for host in hosts:
        with_checkpoints(host, host.folder / "checkpoints")
    (hosts[0].folder / "checkpoints" / FILE).write_bytes(b"x" * 1000)
    ended = train(hosts, tmp_path / "meeting")
    assert [end.status for end in ended] == [1, 1]
    assert all("is no checkpoint of this program" in failure(host) for host in hosts)


def test_a_stopped_job_keeps_its_last_round(tmp_path):
    host = make_job(tmp_path / "job", tmp_path / "a", num_round="1000000")
    with running([host], tmp_path / "meeting", **{ROUNDS: "1000000"}) as (process,):
        process.wait_for(process.out, "\ttrain-")
        process.terminate()
        ended = process.finish()
    assert ended.status == 0
    rounds = len(round_lines(ended.out))
    booster = xgboost.Booster(model_file=bytearray((tmp_path / "a" / FILE).read_bytes()))
    assert booster.num_boosted_rounds() == rounds
    record = json.loads(booster.attr("checkpoint"))
    assert len(record["evals"]["train"]["rmse"]) == rounds
