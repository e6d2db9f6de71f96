"""What a report refuses to print."""

import copy

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.report import ReportData, write_report


def _refused(tmp_path, run, data):
    path = tmp_path / "report.html"
    with pytest.raises(DataError) as caught:
        write_report(run, data, path)
    assert not path.exists()
    return str(caught.value)


@pytest.mark.parametrize(("key", "value"), [("task", "ranking"), ("task", None), ("name", None), ("status", 3)])
def test_what_a_page_cannot_do_without(regression, tmp_path, key, value):
    run, data = regression
    assert f"{key} is {value!r}" in _refused(tmp_path, {**run, key: value}, data)


def test_metrics_of_another_model(trained, tmp_path):
    run, data = trained
    name = next(iter(run["metrics"]))
    metrics = {**run["metrics"], name: run["metrics"][name] * 1.01}
    message = _refused(tmp_path, {**run, "metrics": metrics}, data)
    assert f"metrics.{name} is" in message
    assert "hint:" in message


def test_auc_of_another_model(binary, tmp_path):
    run, data = binary
    assert "metrics.auc" in _refused(tmp_path, {**run, "metrics": {"auc": 0.61}}, data)


def test_predictions_of_other_rows(regression, tmp_path):
    run, data = regression
    message = _refused(tmp_path, run, ReportData(data.label[:-1], data.prediction[:-1]))
    assert "splits.test is 143; expected 142" in message


def test_shapes(trained, tmp_path):
    run, data = trained
    assert "predictions" in _refused(tmp_path, run, ReportData(data.label, data.prediction[:-1]))
    other = data.prediction[:, None] if data.prediction.ndim == 1 else data.prediction[:, 0]
    assert "predictions" in _refused(tmp_path, run, ReportData(data.label, other))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_predictions_that_are_no_numbers(regression, tmp_path, value):
    run, data = regression
    prediction = data.prediction.copy()
    prediction[3] = value
    assert "NaN or infinite" in _refused(tmp_path, run, ReportData(data.label, prediction))


def test_margins_instead_of_probabilities(binary, tmp_path):
    run, data = binary
    message = _refused(tmp_path, run, ReportData(data.label, data.prediction * 4 - 2))
    assert "expected 0 to 1" in message
    assert "output_margin" in message


def test_labels_that_are_no_class(binary, tmp_path):
    run, data = binary
    assert "labels are" in _refused(tmp_path, run, ReportData(data.label + 1, data.prediction))


def test_names_for_other_classes(binary, tmp_path):
    run, data = binary
    assert "classes is ['a']" in _refused(tmp_path, {**run, "classes": ["a"]}, data)


@pytest.mark.parametrize("key", ["rows", "feature_differences", "prediction_differences"])
def test_parity_without_a_count(regression, tmp_path, key):
    run, data = copy.deepcopy(regression)
    del run["verification"][key]
    assert f"verification.{key}" in _refused(tmp_path, run, data)


def test_parity_that_its_pairs_deny(regression, tmp_path):
    run, data = copy.deepcopy(regression)
    run["verification"]["pairs"][1]["differences"] = 1
    assert "verification.pairs is 1" in _refused(tmp_path, run, data)


def test_histograms_that_do_not_add_up(regression, tmp_path):
    run, data = copy.deepcopy(regression)
    run["profile"]["columns"][1]["histogram"]["edges"].pop()
    assert "profile of 'size'" in _refused(tmp_path, run, data)
