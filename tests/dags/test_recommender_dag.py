"""The recommender as a DAG: trained in one run, tuned in another, and its jobs run again."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest
import yaml
from dag_cases import BUCKET, EXAMPLES, Airflow, Ran
from service_cases import keys
from tests_paths import ROOT

from pipeline.run.data import load_function

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.filterwarnings("ignore")]

EXAMPLE = EXAMPLES / "recommender"
NAME, RATINGS = "ratings", 3000
ALWAYS = {"plan", "upload", "processing", "package", "model", "evaluate", "gate", "deploy"} | {
    "transform",
    "clean_up",
}
DEPLOYED = {"endpoint_config", "endpoint"}
TUNING = {
    "objective": "test:rmse",
    "strategy": "Random",
    "ranges": {"factors_lr": {"min": 0.001, "max": 0.02}},
    "max_jobs": 2,
    "parallel_jobs": 2,
    "seed": 1,
}


@pytest.fixture(autouse=True, scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The example on more ratings, with a tuning job; the size of its rows is left to the data."""
    folder = tmp_path_factory.mktemp("recommender")
    with (folder / "ratings.csv").open("w", newline="") as stream:
        generate = load_function(EXAMPLE, "sample", "generate")
        rows = list(generate(RATINGS, 7, customers=150, items=80))
        # Customers with one rating each are the long tail.
        csv.writer(stream).writerows([*rows, *([f"rare{at}", *rows[at][1:]] for at in range(3))])
    document = yaml.safe_load((EXAMPLE / "pipeline.yml").read_text())
    document["name"] = NAME
    document["data"] |= {"schema": str(ROOT / "schemas" / "ratings.json"), "location": "ratings.csv"}
    del document["training"]["hyperparameters"]["feature_dim"]
    document["training"]["hyperparameters"]["epochs"] = 5
    document["gate"] = {"metric": "rmse", "at_most": 1.5}
    document["airflow"] = {"poll_seconds": 1, "retries": 0}
    document["sagemaker"] = {"tuning": TUNING}
    (folder / "pipeline.yml").write_text(yaml.safe_dump(document))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INFERENCE_PIPELINES", str(folder))
        yield


@pytest.fixture(scope="module")
def trained(airflow: Airflow) -> Ran:
    return airflow.shipped("recommender")


@pytest.fixture(scope="module")
def tuned(airflow: Airflow, pipelines: None) -> Ran:
    return airflow.run(NAME, deploy=False)


def test_the_example_runs_as_shipped_on_ratings_that_its_sample_makes_up(airflow: Airflow, trained: Ran) -> None:
    assert trained.failures == {}
    assert (trained.state, trained.in_state("success")) == ("success", ALWAYS | DEPLOYED | {"training"})
    counts = json.loads(airflow.read(f"{trained.root}etl/summary.json"))["ratings"]
    assert counts["ratings"]["before"] == 1501
    # No pyspark is here, and with it no real ratings.
    assert counts["customers"]["before"] + counts["items"]["before"] <= 130


def test_its_stars_are_nearer_than_the_mean_and_recommendations_are_measured(airflow: Airflow, trained: Ran) -> None:
    found = airflow.evaluation(trained)
    assert found["gate"] == {"passed": True, "reasons": []}
    assert found["metrics"]["rmse"] < found["metrics"]["baseline"]["rmse"]
    for name in ("precision_at_10", "recall_at_10"):
        assert 0 < found["metrics"][name] < 1
        assert 0 < found["metrics"]["baseline"][name] < 1


def test_endpoint_and_transform_job_predict_the_same(airflow: Airflow, trained: Ran) -> None:
    requests = read(airflow, f"{trained.root}etl/requests/part-")
    predictions = [json.loads(line)["score"] for line in read(airflow, f"{trained.root}predictions/").splitlines()]
    reply = airflow.runtime.invoke_endpoint(
        EndpointName=f"{trained.beginning}-endpoint",
        ContentType="application/x-recordio-protobuf",
        Accept="application/json",
        Body=requests,
    )
    answers = [each["score"] for each in json.loads(reply["Body"].read())["predictions"]]
    assert answers == predictions
    assert len(answers) == airflow.evaluation(trained)["rows"]
    assert len(set(answers)) > 10


def test_the_best_of_a_tuning_job_becomes_the_model(airflow: Airflow, tuned: Ran) -> None:
    assert tuned.failures == {}
    assert (tuned.state, tuned.in_state("skipped")) == ("success", {"training", *DEPLOYED})
    assert tuned.in_state("success") == ALWAYS | {"train_or_tune", "tuning"}
    made = airflow.names(tuned)
    assert [len(made[kind]) for kind in ("HyperParameterTuningJob", "TrainingJob", "Model")] == [1, 2, 1]
    is_best_s_archive(airflow, tuned)
    assert len({best(airflow, tuned), *made["TrainingJob"]}) == 2


def test_rows_are_as_long_as_the_data_ask(airflow: Airflow, tuned: Ran) -> None:
    counts = json.loads(airflow.read(f"{tuned.root}etl/summary.json"))["ratings"]
    assert counts["ratings"] == {"before": RATINGS + 3, "after": RATINGS}
    (name,) = airflow.names(tuned)["HyperParameterTuningJob"]
    job = airflow.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    said = job["TrainingJobDefinition"]["StaticHyperParameters"]
    assert said["feature_dim"] == str(counts["customers"]["after"] + counts["items"]["after"])


def test_the_training_job_is_run_again_and_leaves_the_same(airflow: Airflow, trained: Ran) -> None:
    before = airflow.names(trained), airflow.objects(trained), airflow.evaluation(trained)["metrics"]
    again = airflow.rerun(trained, "training", downstream=True)
    assert again.failures == {}
    assert again.in_state("success") == ALWAYS | DEPLOYED | {"training"}
    found = airflow.evaluation(trained)
    # It is measured beside the model that serves, which is the same.
    assert found["serving"]["metrics"] == found["metrics"]
    after = airflow.names(trained), airflow.objects(trained), found["metrics"]
    # AWS keeps a transform job, and its name.
    assert set(before[0].pop("TransformJob")) < set(after[0].pop("TransformJob"))
    assert after == before


def test_the_tuning_job_is_run_again_and_leaves_no_orphan(airflow: Airflow, tuned: Ran) -> None:
    before = airflow.names(tuned)
    again = airflow.rerun(tuned, "tuning")
    assert again.failures == {}
    assert again.in_state("success") == ALWAYS | {"train_or_tune", "tuning"}
    after = airflow.names(tuned)
    assert after["HyperParameterTuningJob"] == before["HyperParameterTuningJob"]
    assert len(after["TrainingJob"]) == 2
    folders = {key.removeprefix(f"{tuned.root}training/").split("/")[0] for key in airflow.objects(tuned)}
    assert folders >= set(after["TrainingJob"])
    assert not folders & (set(before["TrainingJob"]) - set(after["TrainingJob"]))
    # What comes after takes up the new best.
    rest = airflow.rerun(tuned, "package", downstream=True)
    assert (rest.state, rest.failures) == ("success", {})
    is_best_s_archive(airflow, tuned)
    assert len(airflow.names(tuned)["Model"]) == 1


def best(airflow: Airflow, ran: Ran) -> str:
    """The name of a tuning job's best training job."""
    (name,) = airflow.names(ran)["HyperParameterTuningJob"]
    job = airflow.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    found: str = job["BestTrainingJob"]["TrainingJobName"]
    return found


def is_best_s_archive(airflow: Airflow, ran: Ran) -> None:
    """The model loads what the best training job has left."""
    (name,) = airflow.names(ran)["Model"]
    model = airflow.sagemaker.describe_model(ModelName=name)["PrimaryContainer"]["ModelDataUrl"]
    assert airflow.read(model.partition(f"s3://{BUCKET}/")[2]) == airflow.read(
        f"{ran.root}training/{best(airflow, ran)}/output/model.tar.gz"
    )


def read(airflow: Airflow, prefix: str) -> bytes:
    """The content of all objects whose keys begin so, in their order."""
    found = keys(airflow.s3, BUCKET, prefix)
    assert found, prefix
    return b"".join(airflow.read(key) for key in found)
