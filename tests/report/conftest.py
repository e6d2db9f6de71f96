"""Runs for the report, each with a model that XGBoost really trained."""

import hashlib
from html.parser import HTMLParser

import numpy as np
import pytest

from pipeline.report import ReportData

INLINE = {"a", "code", "data", "span", "strong", "time"}
VOID = {"meta", "br", "hr", "img", "input", "link"}
NAMES = ["size", "weight", "age"]
OBJECTIVES = {
    "regression": {"objective": "reg:squarederror", "eval_metric": "rmse"},
    "binary": {"objective": "binary:logistic", "eval_metric": "auc"},
    "multiclass": {"objective": "multi:softprob", "num_class": 3, "eval_metric": "mlogloss"},
}


class Page(HTMLParser):
    """A page taken apart: elements with their attributes, visible text, values of `data`; refuses unclosed elements."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self._open = [], [], []
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, f"</{tag}> closes nothing"
        if tag not in INLINE:
            self.texts.append(" ")

    def handle_data(self, data):
        if "style" not in self._open:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())

    @property
    def values(self):
        return {float(attributes["value"]) for tag, attributes in self.elements if tag == "data"}

    def all(self, tag, **wanted):
        return [found for name, found in self.elements if name == tag and wanted.items() <= found.items()]


@pytest.fixture(scope="session")
def page():
    return lambda path: Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session", params=["regression", "binary", "multiclass"])
def trained(request):
    return _trained(request.param)


@pytest.fixture(scope="session")
def regression():
    return _trained("regression")


@pytest.fixture(scope="session")
def binary():
    return _trained("binary")


def _labels(task, features, rng):
    signal = features @ [2.0, -1.0, 0.5] + rng.normal(0, 0.6, len(features))
    if task == "regression":
        return signal
    return (signal > 0).astype(float) if task == "binary" else np.digitize(signal, [-1, 1]).astype(float)


def _metrics(task, label, prediction):
    if task == "regression":
        error = label - prediction
        baseline = {"rmse": float(label.std()), "mae": float(np.abs(label - label.mean()).mean())}
        return {"rmse": float(np.sqrt((error**2).mean())), "mae": float(np.abs(error).mean()), "baseline": baseline}
    predicted = prediction > 0.5 if task == "binary" else prediction.argmax(axis=1)
    most = float(np.bincount(label.astype(int)).max() / len(label))
    return {"accuracy": float((predicted == label).mean()), "baseline": {"accuracy": most}}


def _profile(name, values):
    counts, edges = np.histogram(values, bins=12)
    return {
        "name": name,
        "type": "double",
        "count": len(values),
        "nulls": 7,
        "distinct": len(np.unique(values)),
        "min": float(values.min()),
        "max": float(values.max()),
        "mean": float(values.mean()),
        "stddev": float(values.std(ddof=1)),
        "quantiles": np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist(),
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }


def _pair(left, right, what, values):
    return {"left": left, "right": right, "what": what, "values": values, "differences": 0}


def _trained(task):
    import xgboost

    rng = np.random.default_rng(7)
    features = rng.normal(size=(600, 3)).astype(np.float32)
    label = _labels(task, features, rng)
    train, test = slice(0, 457), slice(457, 600)
    matrices = [xgboost.DMatrix(features[part], label[part], feature_names=NAMES) for part in (train, test)]
    parameters = {**OBJECTIVES[task], "max_depth": 3, "nthread": 1}
    evals: dict = {}
    booster = xgboost.train(
        parameters,
        matrices[0],
        8,
        evals=list(zip(matrices, ("train", "validation"), strict=True)),
        evals_result=evals,
        verbose_eval=False,
    )
    prediction = booster.predict(matrices[1])
    first = features[test][0].astype(float).tolist()
    said = np.asarray(prediction[0], dtype=float).tolist()
    run = {
        "name": "shells",
        "started": "2025-03-04T05:06:07+00:00",
        "finished": "2025-03-04T05:07:01+00:00",
        "seconds": 53.25,
        "status": "completed",
        "task": task,
        "classes": ["small", "middle", "large"] if task == "multiclass" else None,
        "input": {
            "source": "shells.csv",
            "kind": "file",
            "sha256": "ab" * 32,
            "rows": 601,
            "bytes": 65432,
            "format": "csv",
        },
        "versions": {"python": "3.11.7", "xgboost": xgboost.__version__, "inference-pipeline": "0.1.0"},
        "seeds": {"split": 42, "training": 0},
        "splits": {"train": 457, "validation": 0, "test": 143},
        "schema": {
            "columns": [
                {"name": "sex", "type": "string", "nullable": True, "description": "as the diver saw it"},
                *({"name": name, "type": "double", "nullable": False} for name in NAMES),
            ]
        },
        "profile": {
            "columns": [
                {
                    "name": "sex",
                    "type": "string",
                    "count": 600,
                    "nulls": 3,
                    "distinct": 9,
                    "top": [["M", 311], ["F", 205]],
                },
                *(_profile(name, features[:, place].astype(float)) for place, name in enumerate(NAMES)),
            ]
        },
        "features": {
            "count": 3,
            "names": NAMES,
            "stages": [
                {"op": "vector_assembler", "name": "VectorAssembler_1", "inputs": NAMES, "outputs": ["features"]}
            ],
        },
        "training": {
            "hyperparameters": {"max_depth": "3", "num_round": "8", **{k: str(v) for k, v in OBJECTIVES[task].items()}},
            "objective": OBJECTIVES[task]["objective"],
            "rounds": 8,
            "best_iteration": 5,
            "evals": {name: dict(found) for name, found in evals.items()},
            "importance": {name: float(gain) for name, gain in booster.get_score(importance_type="gain").items()},
            "zeros_are_missing": True,
        },
        "metrics": _metrics(task, label[test], prediction),
        "verification": {
            "rows": 143,
            "engines": ["spark", "native", "mleap"],
            "feature_differences": 0,
            "prediction_differences": 0,
            "mleap": {"version": "0.23.4", "status": "compared", "reason": None},
            "pairs": [
                _pair("spark", "native", "features", 429),
                _pair("mleap", "native", "features", 429),
                _pair("native", "xgboost", "predictions", 143),
            ],
            "sample": {
                "columns": NAMES,
                "rows": [
                    {
                        "row": 1,
                        "input": {"sex": "M", "size": 0.123456789},
                        "spark": first,
                        "native": first,
                        "mleap": first,
                        "prediction": said,
                        "booster": said,
                    }
                ],
            },
        },
        "endpoint": {
            "requests": 23,
            "rows": 144,
            "agree": True,
            "cold_start_seconds": 0.8123,
            "p50_ms": 1.2345678,
            "p99_ms": 4.5678912,
            "sample": {"content_type": "text/csv", "body": "M,0.4,<b>\n", "reply": "9.4123\n"},
        },
        "batch": {"rows": 145, "seconds": 0.0123, "rows_per_second": 11626.01626, "output": "predictions/test.csv"},
        "artifacts": [
            {
                "path": "model/model.tar.gz",
                "what": "the model",
                "bytes": 34567,
                "sha256": hashlib.sha256(b"").hexdigest(),
            }
        ],
        "steps": [
            {"name": "etl", "title": "Spark ETL", "seconds": 14.25, "status": "done", "detail": "read and split"},
            {"name": "train", "title": "Training", "seconds": 3.5, "status": "done", "detail": ""},
        ],
    }
    return run, ReportData(label[test], prediction)
