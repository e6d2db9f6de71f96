"""The page as a whole: it says what the run says, and nothing from the run can change what it is."""

import copy
import re
import subprocess
import sys

import numpy as np
import pytest

from pipeline.report import ReportData, write_report

REQUIRED = ("name", "status", "task")
HOSTILE = '<script>alert("1")</script>'
# Evaluation, model and data plots of a full run.
PLOTS = {"regression": 3 + 2 + 4, "binary": 4 + 2 + 4, "multiclass": 2 + 2 + 4}


def _written(tmp_path, run, data, name="report.html"):
    path = tmp_path / name
    write_report(run, data, path)
    return path


def _numbers(value, path=()):
    """Every number of the run with its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _numbers(inner, (*path, place))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


# Told by a plot: bins and frequent values. The outer quantiles are the column's min and max.
DRAWN = ("histogram", "top")


def test_every_number_of_the_run_is_on_the_page(trained, tmp_path, page):
    run, data = trained
    found = page(_written(tmp_path, run, data))
    words = {word.strip(",.:;()") for word in found.text.split()}
    missing = []
    for path, value in _numbers(run):
        if path[0] == "profile" and set(path) & set(DRAWN):
            continue
        expected = value + 1 if path[-1] == "best_iteration" else value
        if expected not in found.values and not {str(expected), f"{expected:,}"} & words:
            missing.append((path, value))
    assert not missing


def test_top_values_are_drawn_and_described(regression, tmp_path, page):
    found = page(_written(tmp_path, *regression))
    words = [element["aria-label"] for element in found.all("div", role="img")]
    assert "Bar chart of sex: M 311, F 205, all others 84." in words
    assert "all others" in found.text


def test_metrics_stand_beside_their_baseline(regression, tmp_path, page):
    run, data = regression
    text = page(_written(tmp_path, run, data)).text
    gain = 1 - run["metrics"]["rmse"] / run["metrics"]["baseline"]["rmse"]
    assert f"{gain:.0%} lower than predicting the mean" in text


def test_each_task_has_its_plots_each_with_words(trained, tmp_path, page):
    run, data = trained
    found = page(_written(tmp_path, run, data))
    images = found.all("div", role="img")
    assert len(images) == len(found.all("svg")) == PLOTS[run["task"]]
    assert all(len(image["aria-label"]) > 20 for image in images)


def test_it_fetches_nothing_and_runs_nothing(trained, tmp_path, page):
    run, data = trained
    run = {**run, "input": {**run["input"], "source": "https://example.com/shells.csv", "kind": "download"}}
    path = _written(tmp_path, run, data)
    found = page(path)
    assert "https://example.com/shells.csv" in found.text
    assert not {tag for tag, _ in found.elements} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "image",
        "base",
    }
    for tag, attributes in found.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("href", "src", "srcset", "action", "xlink:href"):
                assert value.startswith("#"), (tag, name, value)
            if name in ("style", "clip-path"):
                assert "//" not in value, (tag, name, value)
    style = re.search(r"<style>(.*?)</style>", path.read_text(encoding="utf-8"), re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style
    policy = found.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy[0]["content"].startswith("default-src 'none'")


def test_ids_are_unique_and_references_resolve(trained, tmp_path, page):
    found = page(_written(tmp_path, *trained))
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in found.elements:
        references = re.findall(r"#([\w-]+)", " ".join(attributes.get(name, "") for name in ("href", "clip-path")))
        references += attributes.get("aria-labelledby", "").split()
        assert set(references) <= set(ids), (tag, attributes)


def test_tables_have_headers(trained, tmp_path, page):
    found = page(_written(tmp_path, *trained))
    assert found.all("table")
    assert all(attributes.get("scope") in ("col", "row") for attributes in found.all("th"))
    assert len(found.all("thead")) == len(found.all("table"))


def test_same_input_same_bytes(trained, tmp_path):
    run, data = trained
    first = _written(tmp_path, run, data, "first.html").read_bytes()
    assert first == _written(tmp_path, copy.deepcopy(run), data, "second.html").read_bytes()


def test_same_bytes_in_another_process(regression, tmp_path):
    import json

    run, data = regression
    (tmp_path / "run.json").write_text(json.dumps(run), encoding="utf-8")
    np.savez(tmp_path / "data.npz", label=data.label, prediction=data.prediction)
    code = (
        "import json, pathlib, sys, numpy; from pipeline.report import ReportData, write_report\n"
        "folder = pathlib.Path(sys.argv[1]); data = numpy.load(folder / 'data.npz')\n"
        "run = json.loads((folder / 'run.json').read_text(encoding='utf-8'))\n"
        "write_report(run, ReportData(data['label'], data['prediction']), folder / 'other.html')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert (tmp_path / "other.html").read_bytes() == _written(tmp_path, run, data).read_bytes()


def test_importing_it_is_light():
    code = "import sys, pipeline.report; print([n for n in ('matplotlib', 'jinja2', 'xgboost') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def _renamed(value, names):
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", [HOSTILE, "größe 重さ 🐚", "$x^$ \\frac{", "a'b\"c&amp;", "-->]]>", "x" * 300, ""])
def test_any_name_is_only_text(regression, tmp_path, page, name):
    run, data = regression
    run = _renamed(run, {"size": name, "M": name, "shells": name, "VectorAssembler_1": name})
    found = page(_written(tmp_path, run, data))
    assert not found.all("script")
    assert " ".join(name.split()) in found.text
    labels = [element["aria-label"] for element in found.all("div", role="img")]
    assert any(name in label for label in labels)


def test_a_hostile_reply_is_shown_as_it_is(regression, tmp_path, page):
    run, data = regression
    run = copy.deepcopy(run)
    run["endpoint"]["sample"]["reply"] = HOSTILE
    found = page(_written(tmp_path, run, data))
    assert HOSTILE in found.text
    assert not found.all("script")


@pytest.mark.parametrize("parts", ["input", "splits", "schema", "profile", "features", "training", "metrics",
                                   "verification", "endpoint batch", "artifacts", "steps", "seconds started finished",
                                   "versions seeds classes"])  # fmt: skip
def test_any_part_may_be_missing(regression, tmp_path, page, parts):
    run, data = regression
    text = page(_written(tmp_path, {key: value for key, value in run.items() if key not in parts.split()}, data)).text
    assert "shells" in text
    assert "None" not in text


def test_a_part_that_is_null_is_a_part_that_is_missing(trained, tmp_path):
    run, data = trained
    needed = {key: run[key] for key in REQUIRED}
    nulls = _written(tmp_path, {key: needed.get(key) for key in run}, data, "nulls.html")
    assert nulls.read_bytes() == _written(tmp_path, needed, data, "missing.html").read_bytes()


def test_inner_parts_may_be_missing(regression, tmp_path, page):
    run, data = regression
    thin = {key: run[key] for key in REQUIRED} | {
        "input": {"kind": "file"},
        "features": {"names": ["a"]},
        "training": {"importance": {}, "evals": {"train": {"rmse": []}}},
        "metrics": {"rmse": run["metrics"]["rmse"]},
        "verification": {"rows": 143, "feature_differences": 0, "prediction_differences": 0},
        "endpoint": {"requests": 3},
        "batch": {"rows": 3},
        "artifacts": [{"path": "a.txt"}],
        "steps": [{"name": "etl"}],
        "profile": {"columns": [{"name": "a", "type": "double"}]},
    }
    found = page(_written(tmp_path, thin, data))
    assert "143 rows: 0 differences" in found.text
    assert "None" not in found.text


def test_only_what_is_needed(regression, tmp_path, page):
    run, data = regression
    found = page(_written(tmp_path, {key: run[key] for key in REQUIRED}, data))
    assert "Parity was not checked" in found.text
    assert "None" not in found.text


def test_a_generated_sample_says_so_and_measured_data_does_not(regression, tmp_path, page):
    run, data = regression
    assert "generated sample" not in page(_written(tmp_path, run, data)).text
    run = {**run, "input": {**run["input"], "kind": "synthetic"}}
    text = page(_written(tmp_path, run, data)).text
    assert "The data is synthetic: a generated sample. It was drawn by a generator, not measured." in text
    assert "--input" not in text


def test_a_sample_of_real_rows_is_not_called_synthetic(regression, tmp_path, page):
    run, data = regression
    source = {**run["input"], "kind": "sample", "source": "Spark's sample_movielens_ratings.txt"}
    text = page(_written(tmp_path, {**run, "input": source}, data)).text
    assert "Spark's sample_movielens_ratings.txt" in text
    assert "sample of real rows" in text
    assert "synthetic" not in text
    assert "--input" not in text


def test_zeros_that_were_missing_in_training_are_told_of(regression, tmp_path, page):
    run, data = regression
    for missing in (True, False):
        run = {**run, "training": {**run["training"], "zeros_are_missing": missing}}
        told = "A chain of two containers would predict otherwise" in page(_written(tmp_path, run, data)).text
        assert told == missing


def test_a_failed_run_without_predictions(regression, tmp_path, page):
    run, _ = regression
    steps = [run["steps"][0], {**run["steps"][1], "status": "failed"}]
    run = {**run, "status": "failed", "steps": steps, "metrics": {}, "endpoint": {"agree": False}}
    text = page(_written(tmp_path, run, ReportData(np.empty(0), np.empty(0)))).text
    assert "This run is failed. It stopped at train." in text
    assert "The endpoint disagrees" in text
    assert "There are no predictions to plot." in text


@pytest.mark.parametrize("rows", [1, 2, 5, 4000])
def test_few_and_many_rows(tmp_path, page, rows):
    rng = np.random.default_rng(3)
    run = {"name": "any", "status": "completed", "task": "regression"}
    label = rng.normal(size=rows)
    path = _written(tmp_path, run, ReportData(label, label + rng.normal(size=rows)))
    assert len(page(path).all("svg")) == 3
    assert path.stat().st_size < 400_000


def test_one_value_everywhere(tmp_path, page):
    constant = {"name": "a", "count": 3, "histogram": {"edges": [5.0, 5.0], "counts": [3]}}
    run = {"name": "any", "status": "completed", "task": "regression", "profile": {"columns": [constant]}}
    found = page(_written(tmp_path, run, ReportData(np.full(3, 2.0), np.full(3, 2.0))))
    assert len(found.all("svg")) == 4


@pytest.mark.parametrize("label", [[0, 0, 0], [1, 1, 1]])
def test_a_test_set_of_one_class_has_no_curves(tmp_path, page, label):
    run = {"name": "any", "status": "completed", "task": "binary"}
    text = page(_written(tmp_path, run, ReportData(np.array(label), np.array([0.2, 0.5, 0.9])))).text
    assert "ROC curve" not in text
    assert "Confusion matrix" in text


@pytest.mark.parametrize("classes", [2, 7, 15, 40])
def test_many_classes(tmp_path, page, classes):
    rng = np.random.default_rng(5)
    probabilities = rng.dirichlet(np.ones(classes), size=200)
    run = {"name": "any", "status": "completed", "task": "multiclass"}
    found = page(_written(tmp_path, run, ReportData(rng.integers(0, classes, 200), probabilities)))
    assert len(found.all("svg")) == 2


def test_many_columns_are_drawn_in_part_and_listed_in_full(regression, tmp_path, page):
    run, data = regression
    template = run["profile"]["columns"][1]
    profile = {"columns": [{**template, "name": f"column {place}"} for place in range(30)]}
    importance = {f"column {place}": 30.0 - place for place in range(30)}
    run = {**run, "profile": profile, "training": {**run["training"], "importance": importance}, "schema": None}
    found = page(_written(tmp_path, run, data))
    assert "The first 12 columns; the table has all 30." in found.text
    assert "The 20 largest of 30 features" in found.text
    assert found.text.count("column 29") == 2  # the table of columns and the list of importance


def test_columns_of_like_names_do_not_share_ids(regression, tmp_path, page):
    run, data = regression
    column = run["profile"]["columns"][1]
    run = {**run, "profile": {"columns": [{**column, "name": "a"}, {**column, "name": "a "}]}}
    found = page(_written(tmp_path, run, data))
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
