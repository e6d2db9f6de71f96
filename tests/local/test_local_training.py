"""Training jobs: real programs, from S3 to S3, on one instance and on several."""

from __future__ import annotations

import json
import os
import signal
import threading
import time

import pytest
import xgboost
from training_cases import Bench, channel, csv_rows, training_request

from pipeline.local.jobs.job import JobFailure
from pipeline.local.jobs.training import run_training
from pipeline.local.training.channels import fill_channels
from pipeline.local.training.layout import make_instances
from pipeline.local.training.metrics import SERIES, MetricLog


@pytest.fixture
def bench(store_client, tmp_path):
    return Bench(store_client, tmp_path)


@pytest.fixture
def rows(bench):
    """Three train files and one of validation."""
    for index in range(3):
        bench.put(f"train/part-{index}.csv", csv_rows(100, index))
    bench.put("validation/part.csv", csv_rows(60, 9))
    return [channel("train", f"{bench.uri}/train"), channel("validation", f"{bench.uri}/validation")]


def model_of(files):
    return xgboost.Booster(model_file=bytearray(files["xgboost-model"]))


def test_two_instances_on_their_shards(bench, rows):
    rows[0] = channel("train", f"{bench.uri}/train", S3DataDistributionType="ShardedByS3Key")
    started = bench.job(training_request("two", bench.uri, rows, instances=2))
    ended = run_training(started.job)
    assert ended["ModelArtifacts"] == {"S3ModelArtifacts": f"{bench.uri}/jobs/two/output/model.tar.gz"}
    assert bench.names("jobs/two/output") == ["model.tar.gz", "output.tar.gz"]
    assert model_of(bench.archive("jobs/two/output/model.tar.gz")).num_boosted_rounds() == 5
    metrics = json.loads(bench.archive("jobs/two/output/output.tar.gz")["metrics.json"])
    assert "channel train: 200 rows, 3 features" in started.lines[1]
    assert "channel train: 100 rows, 3 features" in started.lines[2]
    assert len(started.rounds(1)) == 5
    assert started.rounds(2) == []
    final = {metric["MetricName"]: metric["Value"] for metric in ended["FinalMetricDataList"]}
    assert final == {
        f"{name}:rmse": pytest.approx(metrics["evals"][name]["rmse"][-1], abs=1e-5) for name in metrics["evals"]
    }
    assert set(final) == {"train:rmse", "validation:rmse"}
    assert len(ended[SERIES]["validation:rmse"]) == 5
    assert started.statuses == ["Downloading", "Training", "Uploading"]


def test_a_failure_names_the_instance_where_it_began(bench, rows):
    bench.put("train/part-1.csv", "1,2,3,4\n5,x,7,8\n")
    rows[0] = channel("train", f"{bench.uri}/train", S3DataDistributionType="ShardedByS3Key")
    started = bench.job(training_request("bad", bench.uri, rows, instances=2))
    with pytest.raises(JobFailure) as caught:
        run_training(started.job)
    assert caught.value.message.startswith(
        "AlgorithmError: algo-2: train/part-1.csv, row 2, column 'f0': cell 2 holds 'x'; expected a number"
    )
    assert len(caught.value.message) <= 1024
    assert bench.names("jobs") == []


def test_a_stopped_job_keeps_its_model(bench, rows):
    request = training_request("stopped", bench.uri, rows, hyperparameters={"num_round": 1000000})
    started = bench.job(request, lambda line: "\ttrain-" in line and started.job.stopping.set())
    ended = run_training(started.job)
    rounds = len(started.rounds())
    assert 0 < rounds < 1000000
    assert model_of(bench.archive("jobs/stopped/output/model.tar.gz")).num_boosted_rounds() == rounds
    assert len(ended[SERIES]["validation:rmse"]) == rounds
    assert started.statuses == ["Downloading", "Training"]


def test_a_job_that_is_stopped_before_it_begins_leaves_nothing(bench, rows):
    started = bench.job(training_request("early", bench.uri, rows))
    started.job.stopping.set()
    assert run_training(started.job) == {}
    assert bench.names("jobs") == []
    assert started.statuses == ["Downloading"]


# Python reads it when it starts: the program stands still once it has written its second checkpoint.
STAND_STILL = """
import os, signal
from pipeline.training.checkpoints import Checkpoints
save, saved = Checkpoints.save, []
def save_and_stand_still(*arguments):
    save(*arguments)
    saved.append(1)
    if len(saved) == 2:
        os.kill(os.getpid(), signal.SIGSTOP)
Checkpoints.save = save_and_stand_still
"""


def test_an_interrupted_job_goes_on_from_its_checkpoint(bench, rows, tmp_path):
    """The program is killed; the job that the service then runs again ends as if nothing had been."""

    def request(name, checkpoints, **environment):
        return training_request(
            name,
            bench.uri,
            rows,
            hyperparameters={"num_round": 12, "subsample": 0.7, "nthread": 1},
            CheckpointConfig={"S3Uri": f"{bench.uri}/{checkpoints}"},
            Environment={"TRAINING_CHECKPOINT_ROUNDS": "3", **environment},
        )

    (tmp_path / "sitecustomize.py").write_text(STAND_STILL, encoding="utf-8")
    bench.put("kept-elsewhere/xgboost-checkpoint", "another job's")
    killed = bench.job(request("spot", "kept", PYTHONPATH=str(tmp_path)))
    killer = threading.Thread(target=kill_when_kept, args=(bench, killed))
    killer.start()
    with pytest.raises(JobFailure, match="was killed by SIGKILL"):
        run_training(killed.job)
    killer.join()
    assert bench.names("jobs") == []
    again = bench.job(request("spot", "kept"))
    run_training(again.job)
    assert [line.split("\t")[0] for line in again.rounds()] == [f"[{at}]" for at in range(6, 12)]
    whole = bench.job(request("whole", "other"))
    run_training(whole.job)
    ours, theirs = (bench.archive(f"jobs/{name}/output/model.tar.gz") for name in ("spot", "whole"))
    assert ours == theirs
    assert bench.names("kept") == ["xgboost-checkpoint"]


def kill_when_kept(bench, running):
    """Kills the program when S3 has its second checkpoint."""
    local = running.job.folder / "algo-1" / "checkpoints" / "xgboost-checkpoint"
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        kept = bench.objects.read(f"{bench.uri}/kept/xgboost-checkpoint") if bench.names("kept") else b""
        if kept and xgboost.Booster(model_file=bytearray(kept)).num_boosted_rounds() == 6:
            assert kept == local.read_bytes()
            break
        time.sleep(0.05)
    process = int(running.job.folder.with_name("processes").read_text(encoding="utf-8").split()[0])
    os.kill(process, signal.SIGKILL)


def test_manifest_fast_file_metric_definitions_and_plain_files(bench):
    for name in ("a", "b", "left-out"):
        bench.put(f"data/{name}.csv", csv_rows(50, ord(name[0])))
    manifest = bench.put("train.manifest", json.dumps([{"prefix": f"{bench.uri}/data/"}, "a.csv", "b.csv"]))
    request = training_request(
        "manifest",
        bench.uri,
        [channel("train", manifest, S3DataType="ManifestFile", InputMode="FastFile")],
        hyperparameters={"num_round": 3, "eval_metric": "rmse,mae"},
        algorithm={
            "MetricDefinitions": [
                {"Name": "rows", "Regex": r"channel train: (\d+) rows"},
                {"Name": "train-rmse", "Regex": r"#011train-rmse:([0-9\.]+)"},
            ]
        },
        output={"CompressionType": "NONE"},
        Environment={"AWS_ENDPOINT_URL": "http://elsewhere"},
    )
    started = bench.job(request)
    ended = run_training(started.job)
    assert ended["ModelArtifacts"] == {"S3ModelArtifacts": f"{bench.uri}/jobs/manifest/output/model/"}
    assert bench.names("jobs/manifest/output") == ["model/xgboost-model", "output/metrics.json"]
    final = {metric["MetricName"]: metric["Value"] for metric in ended["FinalMetricDataList"]}
    assert set(final) == {"rows", "train-rmse", "train:rmse", "train:mae"}
    assert final["rows"] == 100
    assert final["train-rmse"] == final["train:rmse"]


def laid_out(bench, request):
    """The instances of a job whose program does not run."""
    started = bench.job(request)
    instances = make_instances(started.job)
    fill_channels(started.job, instances)
    return instances


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def configuration(instance, name):
    return json.loads((instance.base / "input" / "config" / name).read_text(encoding="utf-8"))


def test_the_folders_are_sagemakers(bench, rows):
    request = training_request("layout", bench.uri, rows, instances=2, hyperparameters={"eta": 0.5})
    request["InputDataConfig"][1].pop("ContentType")
    request["InputDataConfig"][1]["InputMode"] = "FastFile"
    first, second = laid_out(bench, request)
    assert files(second.base / "input") == [
        "config/hyperparameters.json",
        "config/inputdataconfig.json",
        "config/resourceconfig.json",
        "data/train/part-0.csv",
        "data/train/part-1.csv",
        "data/train/part-2.csv",
        "data/validation/part.csv",
    ]
    assert configuration(first, "hyperparameters.json") == {"num_round": "5", "eta": "0.5"}
    common = {"S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    assert configuration(first, "inputdataconfig.json") == {
        "train": {"ContentType": "text/csv", "TrainingInputMode": "File", **common},
        "validation": {"TrainingInputMode": "FastFile", **common},
    }
    assert configuration(second, "resourceconfig.json") == {
        "current_host": "algo-2",
        "current_instance_type": "ml.m5.large",
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1", "algo-2"],
        "instance_groups": [
            {
                "instance_group_name": "homogeneousCluster",
                "instance_type": "ml.m5.large",
                "hosts": ["algo-1", "algo-2"],
            }
        ],
        "network_interface_name": "lo",
    }


def test_shards_follow_the_keys_or_the_shuffle(bench):
    for index in range(12):
        bench.put(f"train/part-{index:02}.csv", "1,2\n")
    sharded = {"S3DataDistributionType": "ShardedByS3Key"}

    def shares(**more):
        request = training_request(
            "s", bench.uri, [channel("train", f"{bench.uri}/train/", **sharded, **more)], instances=3
        )
        return [files(instance.channel("train")) for instance in laid_out(bench, request)]

    plain, shuffled = shares(), shares(ShuffleConfig={"Seed": 7})
    assert plain == [[f"part-{index:02}.csv" for index in range(first, 12, 3)] for first in range(3)]
    assert shuffled == shares(ShuffleConfig={"Seed": 7})
    assert shuffled != plain
    assert {*shuffled[0], *shuffled[1], *shuffled[2]} == {*plain[0], *plain[1], *plain[2]}
    assert [len(share) for share in shuffled] == [4, 4, 4]


def test_instance_groups(bench, rows):
    rows[0]["DataSource"]["S3DataSource"]["InstanceGroupNames"] = ["readers"]
    request = training_request("groups", bench.uri, rows)
    request["ResourceConfig"] = {
        "VolumeSizeInGB": 10,
        "InstanceGroups": [
            {"InstanceGroupName": "readers", "InstanceType": "ml.m5.large", "InstanceCount": 2},
            {"InstanceGroupName": "others", "InstanceType": "ml.c5.large", "InstanceCount": 1},
        ],
    }
    instances = laid_out(bench, request)
    assert [instance.group for instance in instances] == ["readers", "readers", "others"]
    assert [instance.channel("train").exists() for instance in instances] == [True, True, False]
    assert configuration(instances[2], "resourceconfig.json")["current_instance_type"] == "ml.c5.large"
    rows[0]["DataSource"]["S3DataSource"]["InstanceGroupNames"] = ["nobody"]
    with pytest.raises(JobFailure, match="channel train: no instance group is called nobody"):
        laid_out(bench, request)


def bad_source(bench, rows):
    rows[0]["DataSource"] = {"FileSystemDataSource": {"FileSystemId": "fs-1"}}


def bad_name(bench, rows):
    rows[0]["ChannelName"] = ".."


def no_objects(bench, rows):
    rows[0]["DataSource"]["S3DataSource"]["S3Uri"] = f"{bench.uri}/nothing"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (bad_source, "channel train: only an S3DataSource is supported"),
        (bad_name, "'..' cannot be the name of a channel"),
        (no_objects, "No S3 objects found under S3 URL .*/nothing"),
    ],
)
def test_channels_that_cannot_be_had(bench, rows, spoil, message):
    spoil(bench, rows)
    with pytest.raises(JobFailure, match=message):
        laid_out(bench, training_request("bad", bench.uri, rows))


def test_metrics_of_lines():
    log = MetricLog([{"Name": "loss", "Regex": "loss=([-0-9.e]+)"}, {"Name": "loss", "Regex": "loss is ([a-z]+)"}])
    said = [
        "[0]\ttrain-rmse:2.50000\tvalidation-ndcg@5-:0.25000",
        "[1]\ttrain-rmse:1.50000\tvalidation-ndcg@5-:nan",
        "loss=-3e-2",
        "loss is unknown",
        "[2] train-rmse:1.0",
        "[12:00:00] Task 000000 got rank 0",
        "",
    ]
    assert [log.read(line) for line in said] == [True, True, True, False, False, False, False]
    fields = log.fields()
    assert fields[SERIES] == {"train:rmse": [2.5, 1.5], "validation:ndcg@5-": [0.25], "loss": [-0.03]}
    assert [(each["MetricName"], each["Value"]) for each in fields["FinalMetricDataList"]] == [
        ("train:rmse", 1.5),
        ("validation:ndcg@5-", 0.25),
        ("loss", -0.03),
    ]
    assert MetricLog().fields() == {}
    with pytest.raises(JobFailure, match="the Regex of metric m is none"):
        MetricLog([{"Name": "m", "Regex": "("}])
