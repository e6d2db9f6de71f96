"""The jobs' requests: Spark's arguments and settings, channels, spot, tuning ranges, transform."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from plan_cases import BASE, config_of, plan_of, request_of

from pipeline.errors import ConfigError
from pipeline.plan.job_arguments import job_arguments
from pipeline.plan.metrics import metric_definitions
from pipeline.training.hyperparameters import validate
from spark_jobs.preprocess import parser

COPY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0"
TUNING = {"objective": "validation:rmse", "ranges": {"eta": {"min": 0.1, "max": 0.5}}}


def test_the_processing_job_has_the_arguments_of_a_local_run(tmp_path: Path) -> None:
    config = config_of(tmp_path, {}, data={"csv": {"header": True, "delimiter": "\t"}, "label": "rings"})
    arguments = request_of(
        tmp_path, "processing", {}, data={"csv": {"header": True, "delimiter": "\t"}, "label": "rings"}
    )["AppSpecification"]["ContainerArguments"]
    local = job_arguments(config, source="rows", schema="schema", output="out")
    told, here = vars(parser().parse_args(arguments)), vars(parser().parse_args(local))
    places = {"input": "input/rows", "schema": "input/schema/schema.json", "output": "output"}
    for name, place in places.items():
        assert told.pop(name) == f"file:///opt/ml/processing/{place}"
        here.pop(name)
    assert told == here
    assert (told["header"], told["delimiter"], told["label"], told["requests"]) == (True, "\t", "rings", True)


def test_each_input_has_a_folder_of_its_own(tmp_path: Path) -> None:
    inputs = request_of(tmp_path, "processing", {"processing": {"spark": {"a": 1}}})["ProcessingInputs"]
    folders = [one["S3Input"]["LocalPath"] for one in inputs]
    assert len(set(folders)) == len(folders) == 5
    assert folders[-1] == "/opt/ml/processing/input/conf"


@pytest.mark.parametrize(
    ("section", "properties"),
    [
        ({}, None),
        (
            {"spark": {"spark.executor.memory": "4g", "spark.ui.enabled": False}},
            {"spark.executor.memory": "4g", "spark.ui.enabled": "false"},
        ),
        ({"instance_count": 2}, {"spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2"}),
    ],
)
def test_sparks_settings_travel_as_configuration_json(tmp_path: Path, section: dict[str, Any], properties: Any) -> None:
    plan = plan_of(tmp_path, {"processing": section})
    content = {upload.uri: upload.content for upload in plan.uploads}.get(f"{BASE}/code/configuration.json")
    document = None if content is None else json.loads(content)
    assert document == (properties and [{"Classification": "spark-defaults", "Properties": properties}])


def test_the_event_log_is_an_output_of_its_own_unless_it_is_not_wanted(tmp_path: Path) -> None:
    request = request_of(tmp_path, "processing", {})
    log = request["ProcessingOutputConfig"]["Outputs"][1]
    assert log["S3Output"] == {
        "S3Uri": f"{BASE}/spark-events",
        "LocalPath": "/opt/ml/processing/spark-events",
        "S3UploadMode": "Continuous",
    }
    assert "--local-spark-event-logs-dir" in request["AppSpecification"]["ContainerEntrypoint"]
    without = request_of(tmp_path, "processing", {"processing": {"event_log": False}})
    assert [output["OutputName"] for output in without["ProcessingOutputConfig"]["Outputs"]] == ["etl"]
    assert "--local-spark-event-logs-dir" not in without["AppSpecification"]["ContainerEntrypoint"]


@pytest.mark.mleap
def test_mleaps_jars_travel_where_mleap_writes_the_bundle(tmp_path: Path) -> None:
    from pipeline.errors import RequirementError

    try:
        plan = plan_of(tmp_path, {}, features={"serializer": "mleap"})
    except RequirementError as error:
        pytest.skip(str(error))
    step = plan.step("processing")
    assert step is not None
    assert step.request["AppSpecification"]["ContainerEntrypoint"][3:5] == ["--jars", "/opt/ml/processing/input/jars"]
    uris = [upload.uri for upload in plan.uploads]
    assert f"{BASE}/code/mleap-registry.conf" in uris
    assert [uri for uri in uris if uri.startswith(f"{BASE}/code/jars/mleap-spark_")]


def test_channels_follow_the_split_and_the_instances(tmp_path: Path) -> None:
    one = request_of(tmp_path, "training", {})["InputDataConfig"]
    assert [channel["ChannelName"] for channel in one] == ["train", "validation"]
    source = one[0]["DataSource"]["S3DataSource"]
    assert (source["S3Uri"], source["S3DataDistributionType"]) == (f"{BASE}/etl/train/part-", "FullyReplicated")
    section = {"training": {"instance_count": 2, "input_mode": "FastFile"}}
    many = request_of(
        tmp_path,
        "training",
        section,
        training={"shards": 4, "content_type": "application/x-parquet"},
        data={"split": {"train": 0.9, "validation": 0.0, "test": 0.1}},
    )["InputDataConfig"]
    assert [channel["ChannelName"] for channel in many] == ["train"]
    assert many[0]["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "ShardedByS3Key"
    assert (many[0]["ContentType"], many[0]["InputMode"]) == ("application/x-parquet", "FastFile")
    with pytest.raises(ConfigError, match=r"training\.shards is 1, but sagemaker\.training\.instance_count is 2"):
        plan_of(tmp_path, section)


def test_spot_has_checkpoints_and_a_longest_wait(tmp_path: Path) -> None:
    request = request_of(tmp_path, "training", {"training": {"spot": True, "max_runtime": 600}})
    assert request["EnableManagedSpotTraining"] is True
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200}
    assert request["CheckpointConfig"] == {"S3Uri": f"{BASE}/checkpoints", "LocalPath": "/opt/ml/checkpoints"}
    plain = request_of(tmp_path, "training", {})
    assert "CheckpointConfig" not in plain
    assert "MaxWaitTimeInSeconds" not in plain["StoppingCondition"]


def test_hyperparameters_are_text_without_those_that_aws_does_not_know(tmp_path: Path) -> None:
    given = {
        "objective": "reg:squarederror",
        "num_round": 10,
        "eta": 0.25,
        "silent": 0,
        "save_model_on_termination": True,
    }
    sent = request_of(tmp_path, "training", {}, training={"hyperparameters": given})["HyperParameters"]
    assert sent == {
        "objective": "reg:squarederror",
        "num_round": "10",
        "eta": "0.25",
        "save_model_on_termination": "true",
    }
    huber = {"objective": "reg:pseudohubererror", "num_round": 1, "huber_slope": 2.0}
    with pytest.raises(ConfigError, match=r"training\.hyperparameters\.huber_slope: AWS's XGBoost"):
        plan_of(tmp_path, {}, training={"hyperparameters": huber})
    with pytest.raises(ConfigError, match=r"training\.hyperparameters: num_round: found '0'"):
        plan_of(tmp_path, {}, training={"hyperparameters": {"num_round": 0}})


def test_metrics_are_named_for_a_copy_of_the_image_alone(tmp_path: Path) -> None:
    """AWS: "You can't override the metric definitions for Amazon SageMaker algorithms"."""
    assert "MetricDefinitions" not in request_of(tmp_path, "training", {})["AlgorithmSpecification"]
    copied = request_of(tmp_path, "training", {"images": {"xgboost": COPY}})["AlgorithmSpecification"]
    assert {"train:rmse", "validation:rmse"} <= {metric["Name"] for metric in copied["MetricDefinitions"]}


@pytest.mark.parametrize("tab", ["\t", "#011"])
def test_a_metric_is_found_in_a_line_of_the_log(tab: str) -> None:
    trained = validate({"num_round": "1", "objective": "binary:logistic", "eval_metric": "error@0.7,auc"})
    line = f"[12]{tab}train-error@0.7:0.25{tab}train-auc:0.9{tab}validation-error@0.7:1e-05{tab}validation-auc:0.875"
    found = {one["Name"]: re.fullmatch(one["Regex"], line) for one in metric_definitions(trained)}
    assert {name: match and float(match[1]) for name, match in found.items()} == {
        "train:error@0.7": 0.25,
        "train:auc": 0.9,
        "validation:error@0.7": 1e-05,
        "validation:auc": 0.875,
    }


def test_tuning_takes_ranges_out_of_the_fixed_hyperparameters(tmp_path: Path) -> None:
    ranges = {
        "learning_rate": {"min": 0.1, "max": 0.5, "scaling": "Logarithmic"},
        "max_depth": {"min": 3, "max": 8},
        "booster": {"values": ["gbtree", "dart"]},
    }
    tuning = TUNING | {
        "ranges": ranges,
        "max_jobs": 20,
        "parallel_jobs": 4,
        "seed": 7,
        "early_stopping": True,
        "completion": {"target": 2.0, "not_improving": 5, "on_convergence": True},
        "warm_start": {"parents": ["earlier"]},
    }
    request = request_of(tmp_path, "tuning", {"tuning": tuning})
    job = request["HyperParameterTuningJobConfig"]
    assert job["ParameterRanges"] == {
        "ContinuousParameterRanges": [
            {"Name": "learning_rate", "MinValue": "0.1", "MaxValue": "0.5", "ScalingType": "Logarithmic"}
        ],
        "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "3", "MaxValue": "8", "ScalingType": "Auto"}],
        "CategoricalParameterRanges": [{"Name": "booster", "Values": ["gbtree", "dart"]}],
    }
    assert job["HyperParameterTuningJobObjective"] == {"Type": "Minimize", "MetricName": "validation:rmse"}
    assert job["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 4}
    assert (job["RandomSeed"], job["TrainingJobEarlyStoppingType"]) == (7, "Auto")
    assert job["TuningJobCompletionCriteria"]["ConvergenceDetected"] == {"CompleteOnConvergence": "Enabled"}
    fixed = request["TrainingJobDefinition"]["StaticHyperParameters"]
    assert {"eta", "max_depth", "booster"} & set(fixed) == set()
    assert fixed["gamma"] == "4"
    assert len(request["HyperParameterTuningJobName"]) <= 32
    assert request["WarmStartConfig"]["WarmStartType"] == "IdenticalDataAndAlgorithm"


def test_a_grid_is_as_large_as_its_values(tmp_path: Path) -> None:
    ranges = {"max_depth": {"values": [3, 4, 5]}, "booster": {"values": ["gbtree", "dart"]}}
    request = request_of(tmp_path, "tuning", {"tuning": TUNING | {"strategy": "Grid", "ranges": ranges}})
    limits = request["HyperParameterTuningJobConfig"]["ResourceLimits"]
    assert limits["MaxNumberOfTrainingJobs"] == 6


def test_hyperband_says_its_resources(tmp_path: Path) -> None:
    tuning = TUNING | {"strategy": "Hyperband", "hyperband": {"min_resource": 2, "max_resource": 9}}
    job = request_of(tmp_path, "tuning", {"tuning": tuning})["HyperParameterTuningJobConfig"]
    assert job["StrategyConfig"] == {"HyperbandStrategyConfig": {"MinResource": 2, "MaxResource": 9}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"objective": "validation:auc"}, "sagemaker.tuning.objective: eval_metric: 'auc' does not fit"),
        ({"ranges": {"etta": {"min": 0, "max": 1}}}, "sagemaker.tuning.ranges.etta: 'etta' is not a hyperparameter"),
        (
            {"ranges": {"eta": {"min": 0, "max": 2}}},
            r"sagemaker.tuning.ranges.eta: found 2.0; expected a number in \[0, 1\]",
        ),
        (
            {"ranges": {"max_depth": {"min": 1.5, "max": 2}}},
            "sagemaker.tuning.ranges.max_depth: found 1.5; expected a whole",
        ),
        ({"ranges": {"booster": {"min": 0, "max": 1}}}, "booster takes one of .*: name values, not min and max"),
        ({"ranges": {"booster": {"values": ["oak"]}}}, "sagemaker.tuning.ranges.booster: found oak"),
    ],
)
def test_a_range_that_training_would_refuse_is_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        plan_of(tmp_path, {"tuning": TUNING | change})


def test_the_transform_reads_the_rows_that_the_spark_job_made_for_it(tmp_path: Path) -> None:
    request = request_of(tmp_path, "transform", {})
    assert request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] == f"{BASE}/etl/requests/part-"
    assert (request["BatchStrategy"], request["TransformOutput"]["Accept"]) == ("MultiRecord", "text/csv")
    arguments = request_of(tmp_path, "processing", {})["AppSpecification"]["ContainerArguments"]
    assert "--requests" in arguments
    for section in ({"transform": None}, {"transform": {"input": "s3://rows/here/"}}):
        assert "--requests" not in request_of(tmp_path, "processing", section)["AppSpecification"]["ContainerArguments"]


def test_the_transform_says_all_that_the_file_says(tmp_path: Path) -> None:
    section = {
        "transform": {
            "input": "s3://rows/here/",
            "content_type": "application/jsonlines",
            "compression": "Gzip",
            "strategy": "SingleRecord",
            "join": True,
            "input_filter": "$[1:]",
            "output_filter": "$[0,-1]",
            "max_payload": 20,
            "max_concurrent": 5,
            "timeout": 100,
            "retries": 1,
            "environment": {"A": "b"},
        }
    }
    request = request_of(tmp_path, "transform", section, batch={"format": "jsonl"})
    assert request["DataProcessing"] == {"JoinSource": "Input", "InputFilter": "$[1:]", "OutputFilter": "$[0,-1]"}
    assert request["TransformInput"]["CompressionType"] == "Gzip"
    assert request["TransformOutput"]["Accept"] == "application/jsonlines"
    assert (request["MaxPayloadInMB"], request["MaxConcurrentTransforms"]) == (20, 5)
    assert request["ModelClientConfig"] == {"InvocationsTimeoutInSeconds": 100, "InvocationsMaxRetries": 1}
    assert request["Environment"] == {"A": "b"}


def test_awss_sparkml_container_gets_one_row_a_request(tmp_path: Path) -> None:
    layout = {"model": {"layout": "two-containers"}}
    assert request_of(tmp_path, "transform", layout)["BatchStrategy"] == "SingleRecord"
    with pytest.raises(ConfigError, match="answers the first row of a request"):
        plan_of(tmp_path, layout | {"transform": {"strategy": "MultiRecord"}})


def test_rows_with_vectors_are_no_rows_of_csv(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    columns = [{"name": "v", "type": "double", "struct": "vector"}, {"name": "y", "type": "double", "label": True}]
    schema.write_text(json.dumps({"columns": columns}), encoding="utf-8")
    with pytest.raises(ConfigError, match="column 'v' of the contract is no single value"):
        plan_of(tmp_path, {}, data={"schema": str(schema)})
    assert plan_of(tmp_path, {"transform": None}, data={"schema": str(schema)}).steps
