"""Numbers and verdicts in words."""

import copy

import pytest

from pipeline.report import formats
from pipeline.report.metrics import metric_rows
from pipeline.report.parity import verdict
from pipeline.report.timings import timings


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (3798, "3,798"),
        (2.19345, "2.193"),
        (35166.7, "35,167"),
        (0.000123456, "0.0001235"),
        (0.00001234, "1.23e-05"),
        (-1234.5678, "-1,235"),
        (9.4, "9.4"),
        (float("nan"), "nan"),
        (1e20, "1e+20"),
    ],
)
def test_plain(value, text):
    assert formats.plain(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0004, "0.4 ms"), (0.8, "800 ms"), (41.23, "41.2 s"), (119.6, "2 min 0 s"), (754, "12 min 34 s")],
)
def test_duration_keeps_the_exact_value(seconds, text):
    assert formats.duration(seconds) == f'<data value="{seconds}">{text}</data>'


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (45_870_000, "45.9 MB")]
)
def test_size(count, text):
    assert formats.size(count) == f'<data value="{count}">{text}</data>'


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0%"), (0.001, "0.1%"), (0.354, "35%"), (0.996, "99.6%"), (1.0, "100%")]
)
def test_percent(share, text):
    assert formats.percent(share) == text


def test_date():
    expected = '<time datetime="2025-03-04T05:06:07+00:00">4 March 2025, 05:06 UTC</time>'
    assert formats.date("2025-03-04T05:06:07+00:00") == expected
    assert formats.date("<yesterday>") == "&lt;yesterday&gt;"


@pytest.fixture
def verification(regression):
    return copy.deepcopy(regression[0]["verification"])


def test_parity_is_green_only_when_everything_agreed(verification):
    found = verdict(verification)
    assert found.level == "good"
    assert found.title == "143 rows, 429 feature values: 0 differences"
    assert found.text == "Spark, the scorer and MLeap 0.23.4 agree on every feature value and every prediction."


@pytest.mark.parametrize("key", ["feature_differences", "prediction_differences"])
def test_one_difference_is_red(verification, key):
    verification[key] = 1
    found = verdict(verification)
    assert found.level == "bad"
    assert found.title == "1 difference in 143 rows, 429 feature values"


def test_a_skipped_mleap_is_amber_and_not_among_those_that_agree(verification):
    verification["mleap"] = {"version": None, "status": "skipped", "reason": "no jars"}
    found = verdict(verification)
    assert found.level == "warn"
    assert "MLeap was not compared" in found.title
    assert found.note == "143 rows, MLeap not compared"
    assert found.text == (
        "Spark and the scorer agree on every feature value and every prediction. MLeap was not compared: no jars."
    )


def test_a_difference_weighs_more_than_a_skipped_mleap(verification):
    verification["mleap"]["status"] = "skipped"
    verification["feature_differences"] = 2
    found = verdict(verification)
    assert found.level == "bad"
    assert found.text == (
        "2 feature values and 0 predictions differ. Do not serve this model."
        " MLeap was not compared: no reason was recorded."
    )


def test_an_mleap_nobody_mentions_was_not_compared(verification):
    del verification["mleap"]
    found = verdict(verification)
    assert found.level == "warn"
    assert "MLeap 0" not in found.text


def test_no_rows_prove_nothing(verification):
    verification["rows"] = 0
    assert verdict(verification).level == "warn"


def test_pairs_of_unlike_size_claim_the_fewest_values(verification):
    verification["pairs"][1]["values"] = 30
    assert verdict(verification).title == "143 rows, 30 feature values: 0 differences"


def test_no_verification_is_amber():
    assert verdict(None).level == "warn"


def test_metrics_know_which_way_is_better():
    metrics = {
        "rmse": 2.0,
        "r2": 0.5,
        "mae": 3.0,
        "odd": 1.0,
        "baseline": {"rmse": 4.0, "r2": 0.0, "mae": 2.0, "odd": 2.0},
    }
    rows = {row.name: row for row in metric_rows({"metrics": metrics})}
    assert (rows["rmse"].comparison, rows["rmse"].better) == ("50% lower", True)
    assert (rows["r2"].comparison, rows["r2"].better) == ("0.50 higher", True)
    assert (rows["mae"].comparison, rows["mae"].better) == ("50% higher", False)
    assert (rows["odd"].comparison, rows["odd"].better) == ("", None)


def test_steps_share_one_scale_and_the_rest_is_named():
    steps = [
        {"name": "a", "title": "A", "seconds": 2.0, "status": "done"},
        {"name": "b", "seconds": 6.0, "status": "done"},
    ]
    bars = timings({"steps": steps, "seconds": 10.0})
    assert [(bar.title, bar.seconds, bar.start, bar.length) for bar in bars] == [
        ("A", 2.0, 0.0, 0.2),
        ("b", 6.0, 0.2, 0.6),
        ("Outside the steps", 2.0, 0.8, pytest.approx(0.2)),
    ]


def test_steps_longer_than_the_run_still_fit():
    bars = timings({"steps": [{"name": "a", "seconds": 3.0}, {"name": "b", "seconds": 1.0}], "seconds": 2.0})
    assert sum(bar.length for bar in bars) == pytest.approx(1)
