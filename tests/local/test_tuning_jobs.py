"""Tuning jobs: how many training jobs at once and in all, what stops them, what they learn from others."""

from __future__ import annotations

import threading

import pytest
from tuning_cases import METRIC, CalculatedJobs, categorical, continuous, integer, tuning_job, tuning_request

from pipeline.local.jobs.job import JobFailure
from pipeline.local.jobs.tuning import run_tuning
from pipeline.local.tuning import loop

DEPTH = {"IntegerParameterRanges": [integer("max_depth", 1, 40)]}
ETA = {"ContinuousParameterRanges": [continuous("eta", "0.001", "1", "Linear")]}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(loop, "_GLANCE", 0.001)


def by_depth(hyperparameters):
    """The deeper the better."""
    return [50.0 - int(hyperparameters["max_depth"])]


def by_eta(hyperparameters):
    return [10.0, 4 + (float(hyperparameters["eta"]) - 0.3) ** 2]


def request(ranges, **more):
    return tuning_request("tuning", [], "s3://none", ranges, **more)


def run(tmp_path, asked, jobs):
    job = tuning_job(None, tmp_path / "job", asked, jobs)
    return run_tuning(job.job), job


def tuned(jobs, name):
    return [each["TunedHyperParameters"][name] for each in jobs.described.values()]


def test_random(tmp_path):
    jobs = CalculatedJobs(by_depth)
    ended, job = run(tmp_path, request(DEPTH, jobs=7, parallel=3), jobs)
    depths = [int(depth) for depth in tuned(jobs, "max_depth")]
    assert len(depths) == 7
    assert jobs.most == 3
    assert ended["BestTrainingJob"]["TunedHyperParameters"] == {"max_depth": str(max(depths))}
    assert ended["TrainingJobStatusCounters"] == {
        "Completed": 7,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 0,
    }
    assert "OverallBestTrainingJob" not in ended
    names = list(jobs.described)
    assert [name[:10] for name in names] == [f"tuning-{number:03d}" for number in range(1, 8)]
    assert all(len(name) <= 63 for name in names)
    told = [update["TrainingJobStatusCounters"]["InProgress"] for update in job.updates]
    assert max(told) == 3
    again = CalculatedJobs(by_depth)
    run(tmp_path, request(DEPTH, jobs=7, parallel=3), again)
    assert tuned(again, "max_depth") == tuned(jobs, "max_depth")
    other = CalculatedJobs(by_depth)
    run(tmp_path, request(DEPTH, jobs=7, parallel=3, RandomSeed=4), other)
    assert tuned(other, "max_depth") != tuned(jobs, "max_depth")


def test_maximize(tmp_path):
    jobs = CalculatedJobs(by_depth)
    ended, _ = run(tmp_path, request(DEPTH, type="Maximize"), jobs)
    best = ended["BestTrainingJob"]
    assert best["TunedHyperParameters"] == {"max_depth": min(tuned(jobs, "max_depth"), key=int)}
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Type"] == "Maximize"


def test_grid_tries_every_combination_once(tmp_path):
    ranges = {"CategoricalParameterRanges": [categorical("eta", "0.1", "0.2"), categorical("booster", "a", "b", "c")]}
    asked = request(ranges, strategy="Grid", static={"max_depth": "3", "num_round": "1"})
    del asked["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"]
    jobs = CalculatedJobs(by_depth)
    run(tmp_path, asked, jobs)
    found = list(zip(tuned(jobs, "eta"), tuned(jobs, "booster"), strict=True))
    assert found == [(eta, booster) for eta in ("0.1", "0.2") for booster in "abc"]


def test_bayesian_search_learns(tmp_path):
    closest = {}
    for strategy in ("Random", "Bayesian"):
        jobs = CalculatedJobs(by_eta)
        run(tmp_path, request(ETA, strategy=strategy, jobs=40, parallel=4, static={"num_round": "2"}), jobs)
        closest[strategy] = sorted(abs(float(eta) - 0.3) for eta in tuned(jobs, "eta"))
    assert closest["Bayesian"][10] < closest["Random"][10] / 2


def curve(hyperparameters):
    """Starts at 100 and falls; a worse choice falls less."""
    floor = 10.0 * int(hyperparameters["max_depth"])
    return [floor + (100 - floor) / at for at in range(1, 28)]


def test_hyperband_halves(tmp_path):
    jobs = CalculatedJobs(curve, rounds_a_look=1)
    ended, _ = run(
        tmp_path,
        request(
            {"IntegerParameterRanges": [integer("max_depth", 1, 9)]},
            strategy="Hyperband",
            jobs=20,
            parallel=4,
            static={"num_round": "500"},
            StrategyConfig={"HyperbandStrategyConfig": {"MinResource": 3, "MaxResource": 27}},
        ),
        jobs,
    )
    counters = ended["TrainingJobStatusCounters"]
    assert counters["Stopped"] == len(jobs.stopped) > 5
    assert counters["Completed"] + counters["Stopped"] == 20
    rungs = {len(jobs.described[name]["MetricSeries"][METRIC]) for name in jobs.stopped}
    assert rungs <= {3, 9, 27}
    assert 3 in rungs
    depths = [int(depth) for depth in tuned(jobs, "max_depth")]
    assert ended["BestTrainingJob"]["TunedHyperParameters"] == {"max_depth": str(min(depths))}
    assert {each["HyperParameters"]["num_round"] for each in jobs.described.values()} == {"27"}


def test_early_stopping_by_the_median(tmp_path):
    jobs = CalculatedJobs(curve, rounds_a_look=1)
    asked = request(
        {"CategoricalParameterRanges": [categorical("max_depth", "2", "1", "3", "9", "0")]},
        strategy="Grid",
        jobs=5,
        parallel=1,
        static={"num_round": "27"},
        TrainingJobEarlyStoppingType="Auto",
    )
    ended, _ = run(tmp_path, asked, jobs)
    # The first three tell the median; of them none is stopped, however bad.
    assert [jobs.described[name]["TunedHyperParameters"]["max_depth"] for name in jobs.stopped] == ["9"]
    assert ended["TrainingJobStatusCounters"]["Stopped"] == 1
    assert ended["ObjectiveStatusCounters"]["Succeeded"] == 5
    off = CalculatedJobs(curve, rounds_a_look=1)
    asked["HyperParameterTuningJobConfig"]["TrainingJobEarlyStoppingType"] = "Off"
    run(tmp_path, asked, off)
    assert off.stopped == []


def test_failed_training_jobs_are_counted(tmp_path):
    def some_fail(hyperparameters):
        if int(hyperparameters["max_depth"]) > 20:
            raise JobFailure("too deep")
        return by_depth(hyperparameters)

    jobs = CalculatedJobs(some_fail)
    ended, _ = run(tmp_path, request(DEPTH, jobs=12, strategy="Bayesian"), jobs)
    failed = sum(int(depth) > 20 for depth in tuned(jobs, "max_depth"))
    assert 0 < failed < 12
    assert ended["TrainingJobStatusCounters"]["NonRetryableError"] == failed
    assert ended["ObjectiveStatusCounters"] == {"Succeeded": 12 - failed, "Pending": 0, "Failed": failed}
    assert int(ended["BestTrainingJob"]["TunedHyperParameters"]["max_depth"]) <= 20


def test_no_hope(tmp_path):
    def fail(_):
        raise JobFailure("AlgorithmError: nothing to learn")

    jobs = CalculatedJobs(fail)
    with pytest.raises(JobFailure, match=r"No training job succeeded after [56] attempts\. .*nothing to learn"):
        run(tmp_path, request(DEPTH, jobs=50, parallel=2), jobs)
    assert len(jobs.described) <= 8
    with pytest.raises(JobFailure, match="no training job has said the objective metric validation:rmse"):
        run(tmp_path, request(DEPTH, jobs=3), CalculatedJobs(lambda _: []))


def test_one_that_fails_leaves_no_training_job_behind(tmp_path):
    def all_but_the_first_fail(hyperparameters):
        if hyperparameters["max_depth"] != "1":
            raise JobFailure("AlgorithmError: nothing to learn")
        return [1.0] * 1_000_000

    ranges = {"CategoricalParameterRanges": [categorical("max_depth", *"12345678")]}
    jobs = CalculatedJobs(all_but_the_first_fail, rounds_a_look=1)
    asked = request(ranges, strategy="Grid", jobs=8, parallel=2)
    job = tuning_job(None, tmp_path / "job", asked, jobs)
    with pytest.raises(JobFailure, match="No training job succeeded after 5 attempts"):
        run_tuning(job.job)
    assert jobs.stopped == [next(iter(jobs.described))]
    assert jobs.running == []
    counters = job.updates[-1]["TrainingJobStatusCounters"]
    assert (counters["InProgress"], counters["Stopped"], counters["NonRetryableError"]) == (0, 1, 5)


def test_stopping_stops_the_training_jobs(tmp_path):
    jobs = CalculatedJobs(lambda _: [1.0] * 1_000_000, rounds_a_look=1)
    job = tuning_job(None, tmp_path / "job", request(DEPTH, jobs=50, parallel=3), jobs)
    threading.Timer(0.3, job.job.stopping.set).start()
    ended = run_tuning(job.job)
    assert len(jobs.stopped) == 3
    assert jobs.running == []
    assert ended["TrainingJobStatusCounters"]["Stopped"] == 3


def test_where_the_service_ends_training_jobs_stay(tmp_path):
    class Ending(CalculatedJobs):
        def stop(self, name):
            pass

        def at_rest(self, name):
            return job.job.stopping.is_set() or super().at_rest(name)

    jobs = Ending(lambda _: [1.0] * 1_000_000, rounds_a_look=1)
    job = tuning_job(None, tmp_path / "job", request(DEPTH, jobs=50, parallel=3), jobs)
    threading.Timer(0.3, job.job.stopping.set).start()
    run_tuning(job.job)
    assert [each["TrainingJobStatus"] for each in jobs.described.values()] == ["InProgress"] * 3


def test_a_second_attempt_goes_on(tmp_path):
    """The first attempt ended with the service: three jobs done, one under way."""
    ranges = {"CategoricalParameterRanges": [categorical("max_depth", *"123456")]}
    asked = request(ranges, strategy="Grid", jobs=6, parallel=1)
    jobs = CalculatedJobs(by_depth)
    first = tuning_job(None, tmp_path / "job", asked, jobs)
    started = jobs.start

    def start(*arguments):
        started(*arguments)
        if len(jobs.described) == 4:
            first.job.stopping.set()

    jobs.start, jobs.stop = start, lambda _: None
    jobs.at_rest = lambda _: True
    run_tuning(first.job)
    del jobs.at_rest, jobs.start, jobs.stop
    assert len(jobs.described) == 4
    ended, _ = run(tmp_path, asked, jobs)
    assert tuned(jobs, "max_depth") == list("123456")
    assert ended["TrainingJobStatusCounters"]["Completed"] == 6
    assert ended["BestTrainingJob"]["TunedHyperParameters"] == {"max_depth": "6"}


@pytest.mark.parametrize(
    ("criteria", "started"),
    [
        ({"TargetObjectiveMetricValue": 46.0}, 4),
        ({"TargetObjectiveMetricValue": 45.5}, 5),
        ({"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}, 8),
        ({"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 5}}, 10),
    ],
)
def test_completion_criteria(tmp_path, criteria, started):
    # The fifth is the best before the ninth, which does as well; the last beats them.
    depths = categorical("max_depth", "1", "2", "3", "4", "5", "0", "00", "01", "05", "6")
    jobs = CalculatedJobs(by_depth)
    asked = request({"CategoricalParameterRanges": [depths]}, strategy="Grid", jobs=10, parallel=1)
    asked["HyperParameterTuningJobConfig"]["TuningJobCompletionCriteria"] = criteria
    run(tmp_path, asked, jobs)
    assert len(jobs.described) == started


def test_convergence_is_not_looked_for_and_the_log_says_so(tmp_path):
    jobs = CalculatedJobs(by_depth)
    asked = request(DEPTH, jobs=3)
    criteria = {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}
    asked["HyperParameterTuningJobConfig"]["TuningJobCompletionCriteria"] = criteria
    _, job = run(tmp_path, asked, jobs)
    assert len(jobs.described) == 3
    assert job.lines[1][0] == "ConvergenceDetected has no meaning on this machine"


def test_a_limit_of_time(tmp_path):
    jobs = CalculatedJobs(lambda _: [1.0] * 1_000_000, rounds_a_look=1)
    asked = request(DEPTH, parallel=2)
    asked["HyperParameterTuningJobConfig"]["ResourceLimits"] = {
        "MaxParallelTrainingJobs": 2,
        "MaxRuntimeInSeconds": 0.2,
    }
    ended, _ = run(tmp_path, asked, jobs)
    assert ended["TrainingJobStatusCounters"]["Stopped"] == 2


def warm(kind, *parents):
    listed = [{"HyperParameterTuningJobName": parent} for parent in parents]
    return {"ParentHyperParameterTuningJobs": listed, "WarmStartType": kind}


def test_warm_start_with_the_same_data(tmp_path):
    jobs = CalculatedJobs(by_eta)
    parent = tuning_request("parent", [], "s3://none", ETA, strategy="Bayesian", jobs=30, static={"num_round": "2"})
    of_parent, _ = run(tmp_path, parent, jobs)
    child = tuning_request(
        "child",
        [],
        "s3://none",
        ETA,
        strategy="Bayesian",
        jobs=4,
        static={"num_round": "2"},
        WarmStartConfig=warm("IdenticalDataAndAlgorithm", "parent"),
        RandomSeed=9,
    )
    ended, _ = run(tmp_path, child, jobs)
    etas = [float(each["TunedHyperParameters"]["eta"]) for each in jobs.of("child")]
    # Nothing is left to chance: from the first on it searches where the parent found most.
    assert all(abs(eta - 0.3) < 0.2 for eta in etas)
    best = min([of_parent["BestTrainingJob"], ended["BestTrainingJob"]], key=final_value)
    overall = ended["OverallBestTrainingJob"]
    assert overall["TrainingJobName"] == best["TrainingJobName"]
    assert overall.get("TuningJobName") == ("parent" if best is of_parent["BestTrainingJob"] else None)


def final_value(summary):
    return summary["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]


def test_transfer_learning_tries_the_parents_best_first(tmp_path):
    jobs = CalculatedJobs(by_depth)
    run(tmp_path, tuning_request("parent", [], "s3://none", DEPTH, jobs=8), jobs)
    depths = sorted({int(depth) for depth in tuned(jobs, "max_depth")}, reverse=True)
    fitting = [depth for depth in depths if depth <= 30]
    child = tuning_request(
        "child",
        [],
        "s3://none",
        {"IntegerParameterRanges": [integer("max_depth", 1, 30)]},
        jobs=4,
        parallel=1,
        WarmStartConfig=warm("TransferLearning", "parent"),
    )
    ended, _ = run(tmp_path, child, jobs)
    tried = [int(each["TunedHyperParameters"]["max_depth"]) for each in jobs.of("child")]
    assert tried[: len(fitting[:3])] == fitting[:3]
    assert "OverallBestTrainingJob" not in ended


def test_a_parent_that_is_not_there(tmp_path):
    child = request(DEPTH, WarmStartConfig=warm("TransferLearning", "nobody"))
    with pytest.raises(JobFailure, match="the parent tuning job nobody has started no training job"):
        run(tmp_path, child, CalculatedJobs(by_depth))
