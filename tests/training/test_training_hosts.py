"""Several hosts: the same model as one host, all end together, and the reason is known everywhere."""

from __future__ import annotations

import os
import signal
import socket

import numpy as np
import pytest
import xgboost
from host_cases import (
    channel,
    failure,
    hyperparameters,
    make_hosts,
    metrics,
    round_lines,
    rows,
    running,
    train,
)
from host_program import PORT

from pipeline.errors import TrainingError
from pipeline.training import run_job
from pipeline.training.extra_metrics import custom_metric
from pipeline.training.hosts import address, star


def one_host(tmp_path, data, validation=None, **asked):
    (host,) = make_hosts(tmp_path / "one", 1)
    channel([host], "train", [data])
    if validation is not None:
        channel([host], "validation", [validation])
    host.hyperparameters(**asked)
    run_job(host.folder)
    return host


def model(host):
    return host.container.model.read_bytes()


def test_two_hosts_train_the_model_of_one(tmp_path):
    data = rows()
    asked = {"num_round": "60", "eta": "1", "eval_metric": "r2,mae,rmse", "early_stopping_rounds": "2"}
    alone = one_host(tmp_path, data[:300], data[300:], **asked)
    hosts = make_hosts(tmp_path, 2)
    channel(hosts, "train", [data[0:300:2], data[1:300:2]])
    channel(hosts, "validation", [data[300:330], data[330:]])
    hyperparameters(hosts, **asked)
    ended = train(hosts, tmp_path / "meeting")
    assert [end.status for end in ended] == [0, 0], ended
    # Sums of few-digit numbers are exact in any order: so are trees and leaves.
    assert model(hosts[0]) == model(alone)
    ours, theirs = metrics(hosts[0]), metrics(alone)
    for name, scores in ours["evals"]["validation"].items():
        np.testing.assert_allclose(scores, theirs["evals"]["validation"][name], rtol=1e-5)
    assert ours["best_iteration"] == theirs["best_iteration"]
    assert ours["rounds"] == theirs["rounds"] < 60
    assert "this is algo-1" in ended[0].err
    assert "channel train: 150 rows, 4 features" in ended[1].err
    assert len(round_lines(ended[0].out)) == ours["rounds"]
    assert round_lines(ended[1].out) == []
    assert not hosts[1].container.model.exists()
    assert not hosts[1].container.metrics.exists()


def test_hosts_without_rows_of_their_own_and_sampling(tmp_path):
    data = rows(300)
    data[:, 0] = np.clip(np.floor(data[:, 0] / 30), 0, 2)
    hosts = make_hosts(tmp_path, 3)
    channel(hosts, "train", [data[:0], data[:100], data[100:200]])
    channel(hosts, "validation", [data[:0], data[:0], data[200:]])
    asked = {"num_round": "3", "objective": "multi:softmax", "num_class": "3", "eval_metric": "f1,mlogloss"}
    hyperparameters(hosts, **asked, subsample="0.7", colsample_bynode="0.5")
    ended = train(hosts, tmp_path / "meeting")
    assert [end.status for end in ended] == [0, 0, 0], ended
    booster = xgboost.Booster(model_file=bytearray(model(hosts[0])))
    assert booster.num_boosted_rounds() == 3
    for name, part in (("train", data[:200]), ("validation", data[200:])):
        matrix = xgboost.DMatrix(part[:, 1:].astype(np.float32), label=part[:, 0])
        ((_, expected),) = custom_metric(["f1"], "multi:softmax", 3)(booster.predict(matrix), matrix)
        assert metrics(hosts[0])["evals"][name]["f1"][-1] == pytest.approx(expected, rel=1e-5)


def test_the_same_rows_on_every_host_count_twice(tmp_path):
    data = rows(200)
    weighted = np.insert(data, 1, 2.0, axis=1)
    alone = one_host(tmp_path, weighted, num_round="5", csv_weights="1")
    hosts = make_hosts(tmp_path, 2)
    for host in hosts:
        channel([host], "train", [data])
    hyperparameters(hosts, num_round="5")
    ended = train(hosts, tmp_path / "meeting")
    assert [end.status for end in ended] == [0, 0], ended
    assert "every host has the same rows, and each counts 2 times" in ended[0].err
    matrix = xgboost.DMatrix(data[:, 1:].astype(np.float32))
    ours, theirs = (xgboost.Booster(model_file=bytearray(model(host))).predict(matrix) for host in (hosts[0], alone))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


def test_bad_rows_on_one_host_are_the_reason_on_all(tmp_path):
    hosts = make_hosts(tmp_path, 2)
    channel(hosts, "train", [rows(20), rows(20)])
    hosts[1].channel("train", {"part-1.csv": "1,2,3,4,5\n1,x,3,4,5\n"})
    hyperparameters(hosts, num_round="5")
    ended = train(hosts, tmp_path / "meeting")
    assert [end.status for end in ended] == [1, 1]
    reason = "train/part-1.csv, row 2, column 'f0': cell 2 holds 'x'"
    assert failure(hosts[1]).startswith(reason)
    assert failure(hosts[0]).startswith(f"another host, algo-2, failed: {reason}")
    assert "Traceback" not in ended[0].err + ended[1].err


def test_hosts_must_agree_on_the_features(tmp_path):
    hosts = make_hosts(tmp_path, 2)
    channel(hosts, "train", [rows(20), rows(20)[:, :-1]])
    hyperparameters(hosts, num_round="5")
    ended = train(hosts, tmp_path / "meeting")
    assert [end.status for end in ended] == [1, 1]
    reason = "channel 'train': hosts disagree on the number of features: algo-1 has 4, algo-2 has 3"
    # Both see it; whichever says so first is the other's reason.
    assert all(reason in failure(host) for host in hosts)


def test_libsvm_hosts_see_the_highest_index_of_all(tmp_path):
    hosts = make_hosts(tmp_path, 2)
    for index, host in enumerate(hosts):
        host.channel("train", {f"part-{index}": f"1 0:1 {index + 5}:2\n0 1:1\n" * 5}, "text/libsvm")
    hyperparameters(hosts, num_round="2")
    ended = train(hosts, tmp_path / "meeting")
    assert [end.status for end in ended] == [0, 0], ended
    assert metrics(hosts[0])["num_feature"] == 7


def test_ranking_needs_queries_on_every_host(tmp_path):
    hosts = make_hosts(tmp_path, 2)
    hosts[0].channel("train", {"a": "1 qid:1 0:1\n0 qid:1 0:2\n"}, "text/libsvm")
    hosts[1].channel("train", {}, "text/libsvm")
    hyperparameters(hosts, num_round="2", objective="rank:ndcg")
    ended = train(hosts, tmp_path / "meeting")
    assert [end.status for end in ended] == [1, 1]
    assert all("'train' has no rows on algo-2: to rank, each host needs queries" in failure(host) for host in hosts)


@pytest.mark.parametrize("victim", [0, 1])
def test_a_host_that_dies_ends_the_others_with_a_reason(tmp_path, victim):
    hosts = make_hosts(tmp_path, 3)
    channel(hosts, "train", [rows(50)] * 3)
    hyperparameters(hosts, num_round="1000000")
    with running(hosts, tmp_path / "meeting") as processes:
        processes[0].wait_for(processes[0].out, "\ttrain-")
        processes[victim].kill()
        ended = [process.finish() for process in processes]
    for index, host in enumerate(hosts):
        assert ended[index].status == (-signal.SIGKILL if index == victim else 1)
        if index != victim:
            lost = f"another host, algo-{victim + 1}, was lost: its process ended without a word"
            assert failure(host) == lost
            assert f"TrainingError: {lost}" in ended[index].err


@pytest.mark.parametrize("asked", [0, 1])
def test_sigterm_on_one_host_ends_all_in_the_same_round(tmp_path, asked):
    hosts = make_hosts(tmp_path, 2)
    channel(hosts, "train", [rows(50), rows(70)])
    hyperparameters(hosts, num_round="1000000")
    with running(hosts, tmp_path / "meeting") as processes:
        processes[0].wait_for(processes[0].out, "\ttrain-")
        processes[asked].terminate()
        ended = [process.finish() for process in processes]
    assert [end.status for end in ended] == [0, 0]
    rounds = len(round_lines(ended[0].out))
    assert 0 < rounds < 1_000_000
    assert xgboost.Booster(model_file=bytearray(model(hosts[0]))).num_boosted_rounds() == rounds


def test_sigterm_while_one_host_reads_ends_all_without_a_model(tmp_path):
    hosts = make_hosts(tmp_path, 2)
    channel(hosts, "train", [rows(50), rows(50)])
    os.mkfifo(hosts[1].container.channel("train") / "never.csv")
    hyperparameters(hosts, num_round="5")
    with running(hosts, tmp_path / "meeting") as processes:
        # The first host has read its rows and waits for the other, which still reads.
        processes[0].wait_for(processes[0].err, "channel train: 50 rows")
        processes[1].terminate()
        ended = [process.finish() for process in processes]
    assert [end.status for end in ended] == [0, 0], ended
    assert "stopped before the first round: there is no model" in ended[0].err
    assert not hosts[0].container.model.exists()
    assert not hosts[0].container.failure.exists()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"booster": "gblinear"}, "booster gblinear trains on one host only"),
        ({"tree_method": "exact"}, "tree_method exact trains on one host only"),
        ({"updater": "grow_colmaker,prune"}, "tree_method exact trains on one host only"),
        ({"objective": "survival:cox"}, "objective survival:cox trains on one host only"),
    ],
)
def test_what_needs_all_rows_in_one_place(asked, message):
    from pipeline.training.hyperparameters import validate
    from pipeline.training.shares import check_distributable

    with pytest.raises(TrainingError, match=message):
        check_distributable(validate({"num_round": "1", **asked}))
    check_distributable(validate({"num_round": "1", "booster": "dart", "tree_method": "hist"}))


def test_by_name_as_on_sagemaker(tmp_path):
    """Without a meeting file the first host's name is its address: here a name of this machine, at a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    hosts = make_hosts(tmp_path, 2)
    names = ["localhost", "otherhost"]
    for name, host in zip(names, hosts, strict=True):
        host.configure("resourceconfig.json", {"current_host": name, "hosts": names})
    channel(hosts, "train", [rows(50), rows(60)])
    hyperparameters(hosts, num_round="2")
    ended = train(hosts, tmp_path, **{address.RENDEZVOUS: "", PORT: str(port)})
    assert [end.status for end in ended] == [0, 0], ended
    assert hosts[0].container.model.exists()


def test_hosts_that_do_not_come(tmp_path, monkeypatch):
    monkeypatch.setenv(address.RENDEZVOUS, str(tmp_path / "meeting"))
    monkeypatch.setattr(star, "PATIENCE", 0.2)
    with pytest.raises(TrainingError, match="hosts that did not come within 0 s: algo-2, algo-3"):
        star.First(("algo-1", "algo-2", "algo-3"), lambda _: None)
    with pytest.raises(TrainingError, match="the first host, algo-1, cannot be reached"):
        star.Other(("algo-1", "algo-2"), "algo-2", lambda _: None)


def test_a_stranger_does_not_disturb_the_roll_call(tmp_path, monkeypatch):
    monkeypatch.setenv(address.RENDEZVOUS, str(tmp_path / "meeting"))
    monkeypatch.setattr(star, "PATIENCE", 0.5)
    listener = address.listen("algo-1")
    monkeypatch.setattr(address, "listen", lambda _: listener)
    with socket.create_connection(listener.getsockname()) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(TrainingError, match="did not come within 0 s: algo-2"):
            star.First(("algo-1", "algo-2"), lambda _: None)
        assert stranger.recv(1) == b""


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"current_host": "algo-3", "hosts": ["algo-1", "algo-2"]}, "current_host is 'algo-3'"),
        ({"current_host": "algo-1", "hosts": ["algo-1", "algo-1"]}, "current_host is 'algo-1', hosts are"),
    ],
)
def test_a_resource_configuration_that_contradicts_itself(base, document, message):
    base.configure("resourceconfig.json", document)
    with pytest.raises(TrainingError, match=message):
        base.container.hosts()
