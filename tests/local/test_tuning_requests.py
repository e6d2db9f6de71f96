"""Requests of tuning jobs: ranges and their scales, what contradicts itself, the training jobs that come of it."""

from __future__ import annotations

import copy
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_cases import channel
from tuning_cases import METRIC, categorical, continuous, integer, tuning_request

from pipeline.aws.constraints import request_problems
from pipeline.local.errors import ValidationException
from pipeline.local.jobs.tuning import check_tuning
from pipeline.local.tuning.early_stopping import is_worse_than_median
from pipeline.local.tuning.objective import Objective
from pipeline.local.tuning.ranges import Categorical, Continuous, Integer, read_ranges
from pipeline.local.tuning.requests import TuningRequest
from pipeline.local.tuning.search import Search

RANGES = {"IntegerParameterRanges": [integer("max_depth", 1, 6)]}
LEAST, MOST = Objective(METRIC, maximize=False), Objective(METRIC, maximize=True)


def asked(ranges=RANGES, **more):
    return tuning_request("tuning", [channel("train", "s3://bucket/train")], "s3://bucket", ranges, **more)


def draw(given_range, count=400):
    search = Search("draw", "Random", [given_range], LEAST, jobs=count, seed=1)
    trials = [search.next() for _ in range(count)]
    for trial in trials:
        trial.finish(0.0)
    return [float(trial.texts[given_range.name]) for trial in trials]


@pytest.mark.parametrize(
    ("given_range", "middle"),
    [
        (Continuous("x", 0.0, 10.0), 5.0),
        (Continuous("x", 0.001, 10.0, log=True), 0.1),
        (Continuous("x", 0.0, 0.9999, reverse=True), 0.99),
        (Integer("x", 1, 99), 50),
        (Integer("x", 1, 10_000, log=True), 100),
    ],
)
def test_scales(given_range, middle):
    values = draw(given_range)
    assert given_range.low <= min(values) <= max(values) <= given_range.high
    assert 0.4 < sum(value < middle for value in values) / len(values) < 0.6


@given(st.floats(0, 0.999), st.floats(0, 0.999))
def test_texts_are_values_and_stay_in_range(one, other):
    low, high = sorted((one, other))
    for given_range in (Continuous("x", low, high), Continuous("x", low, high, reverse=True)):
        distribution = given_range.distribution()
        for edge in (distribution.low, distribution.high):
            text = given_range.text(edge)
            assert low <= float(text) <= high
            assert math.isclose(given_range.value(text), edge, rel_tol=1e-9, abs_tol=1e-12)


def test_ranges_of_a_request():
    found = read_ranges(
        {
            "IntegerParameterRanges": [integer("depth", 1, 99), integer("wide", "1", "100"), integer("n", -5, 5)],
            "ContinuousParameterRanges": [
                continuous("eta", "0.1", "0.5"),
                continuous("alpha", "1e-3", "1000"),
                continuous("linear", "0.001", "10", "Linear"),
                continuous("momentum", "0", "0.99", "ReverseLogarithmic"),
            ],
            "CategoricalParameterRanges": [categorical("booster", "gbtree", "dart", "gbtree")],
        }
    )
    assert found == [
        Integer("depth", 1, 99),
        Integer("wide", 1, 100, log=True),
        Integer("n", -5, 5),
        Continuous("eta", 0.1, 0.5),
        Continuous("alpha", 0.001, 1000.0, log=True),
        Continuous("linear", 0.001, 10.0),
        Continuous("momentum", 0.0, 0.99, reverse=True),
        Categorical("booster", ("gbtree", "dart")),
    ]


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({}, "there is nothing to tune"),
        ({"AutoParameters": [{"Name": "eta", "ValueHint": "0.1"}]}, "AutoParameters are not chosen here"),
        ({"IntegerParameterRanges": [integer("x", 5, 1)]}, "x: MinValue 5 must be finite and no more than MaxValue 1"),
        ({"IntegerParameterRanges": [integer("x", "1.5", 2)]}, "x: MinValue or MaxValue is no number of the range"),
        ({"ContinuousParameterRanges": [continuous("x", "nan", 2)]}, "x: MinValue nan must be finite"),
        ({"ContinuousParameterRanges": [continuous("x", 0, 2, "Logarithmic")]}, "x: Logarithmic needs a range above 0"),
        ({"ContinuousParameterRanges": [continuous("x", 0, 1, "ReverseLogarithmic")]}, "within 0 <= x < 1"),
        ({"IntegerParameterRanges": [integer("x", 0, 1, "ReverseLogarithmic")]}, "x: ReverseLogarithmic is for"),
        (
            {"IntegerParameterRanges": [integer("x", 0, 1)], "CategoricalParameterRanges": [categorical("x", "1")]},
            "hyperparameters with more than one range: x",
        ),
        ({"IntegerParameterRanges": [integer("num_round", 1, 9)]}, "both static and tuned: num_round"),
    ],
)
def test_ranges_that_contradict_themselves(ranges, message):
    with pytest.raises(ValidationException, match=message):
        check_tuning(asked(ranges))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"strategy": "Grid"}, "the strategy Grid takes CategoricalParameterRanges only"),
        (
            {"strategy": "Hyperband", "static": {"num_round": "9"}, "TrainingJobEarlyStoppingType": "Auto"},
            "TrainingJobEarlyStoppingType must be Off",
        ),
        ({"strategy": "Hyperband", "static": {}}, "Hyperband needs MaxResource\n  hint: .*num_round"),
        (
            {"strategy": "Hyperband", "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 9}}},
            "MinResource 9 must be from 1 to MaxResource 5",
        ),
        ({"jobs": 2, "parallel": 3}, "MaxParallelTrainingJobs 3 is more than there are jobs: 2"),
    ],
)
def test_configurations_that_contradict_themselves(more, message):
    with pytest.raises(ValidationException, match=message):
        check_tuning(asked(**more))


def test_a_grid_of_another_size():
    ranges = {"CategoricalParameterRanges": [categorical("a", "1", "2", "3"), categorical("b", "1", "2")]}
    with pytest.raises(ValidationException, match="MaxNumberOfTrainingJobs is 4; the grid has 6 combinations"):
        check_tuning(asked(ranges, strategy="Grid"))
    check_tuning(asked(ranges, strategy="Grid", jobs=6))


def without(request, *path):
    request = copy.deepcopy(request)
    inner = request
    for member in path[:-1]:
        inner = inner[member]
    del inner[path[-1]]
    return request


def test_what_is_missing_or_not_done():
    config = "HyperParameterTuningJobConfig"
    with pytest.raises(ValidationException, match="HyperParameterTuningJobObjective is missing"):
        check_tuning(without(asked(), config, "HyperParameterTuningJobObjective"))
    with pytest.raises(ValidationException, match="needs MaxNumberOfTrainingJobs or MaxRuntimeInSeconds"):
        check_tuning(without(asked(), config, "ResourceLimits", "MaxNumberOfTrainingJobs"))
    with pytest.raises(ValidationException, match="has no ResourceConfig"):
        TuningRequest(without(asked(), "TrainingJobDefinition", "ResourceConfig")).training_job(1, {})
    with pytest.raises(ValidationException, match="the request has 0 training job definitions"):
        check_tuning(without(asked(), "TrainingJobDefinition"))
    with pytest.raises(ValidationException, match="Autotune is not done here"):
        check_tuning({**asked(), "Autotune": {"Mode": "Enabled"}})


def test_the_training_job_is_a_request_that_sagemaker_takes():
    more = {"CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints/"}, "EnableManagedSpotTraining": True}
    more["StoppingCondition"] = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}
    request = TuningRequest(asked(static={"num_round": "5", "eta": "0.1"}, definition=more))
    built = request.training_job(7, {"max_depth": "3"})
    assert request_problems("CreateTrainingJob", built) == []
    assert built["TrainingJobName"].startswith("tuning-007-")
    assert built["HyperParameters"] == {
        "num_round": "5",
        "eta": "0.1",
        "max_depth": "3",
        "_tuning_objective_metric": METRIC,
    }
    assert built["CheckpointConfig"] == {"S3Uri": f"s3://bucket/checkpoints/{built['TrainingJobName']}"}
    assert request.training_job(7, {})["TrainingJobName"] != built["TrainingJobName"]


def test_other_ways_to_say_it():
    """One definition in a list, with objective, ranges and instances of its own."""
    request = asked({})
    definition = without(request.pop("TrainingJobDefinition"), "ResourceConfig")
    definition |= {
        "DefinitionName": "only",
        "TuningObjective": {"Type": "Maximize", "MetricName": "hits"},
        "HyperParameterRanges": RANGES,
        "HyperParameterTuningResourceConfig": {
            "InstanceConfigs": [{"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 9}]
        },
    }
    definition["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "hits", "Regex": "hits=(.*)"}]
    read = TuningRequest({**request, "TrainingJobDefinitions": [definition]})
    assert read.objective == Objective("hits", maximize=True)
    built = read.training_job(1, {"max_depth": "2"})
    assert built["ResourceConfig"] == {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 9}
    assert built["HyperParameters"] == {"num_round": "5", "max_depth": "2"}
    assert request_problems("CreateTrainingJob", built) == []


def test_the_median_rule():
    finished = [[9, 7, 5], [8, 6, 4], [7, 5, 3]]
    # Averages up to the second round: 8, 7, 6.
    assert not is_worse_than_median([20, 7.0], finished, LEAST)
    assert is_worse_than_median([1, 7.1], finished, LEAST)
    assert is_worse_than_median([20, 6.9], finished, MOST)
    assert not is_worse_than_median([20, 7.1], finished, MOST)
    assert not is_worse_than_median([99], finished[:2], LEAST)
    assert not is_worse_than_median([], finished, LEAST)
    # Shorter ones count with all they have.
    assert is_worse_than_median([1] * 9 + [6.1], finished, LEAST)
