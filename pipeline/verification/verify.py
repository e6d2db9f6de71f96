"""The verification of a run: what Spark made of the test rows against what the scorer and MLeap make of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.columns import Dense, Sparse
from pipeline.errors import DataError, RequirementError, UnsupportedStageError
from pipeline.scoring import Scorer
from pipeline.scoring.arrow import from_arrow
from pipeline.verification.compare import differences, matrix

SAMPLE_ROWS = 8


@dataclass(frozen=True)
class Verification:
    """What was compared, as the run's record has it, and the arrays behind it."""

    record: dict[str, Any]
    rows: Any
    label: np.ndarray[Any, Any]
    prediction: np.ndarray[Any, Any]


def verify(
    rows_path: Path, scorer: Scorer, *, booster: bytes, bundle: Path, features: str, mleap: str = "auto"
) -> Verification:
    """Compares features of Spark, scorer and MLeap's runtime, and predictions of scorer and XGBoost's own package.

    `rows_path` holds test rows with the vector that Spark made of them. `mleap` is auto, require or skip: under
    `require` a runtime that cannot be had raises its reason.
    """
    rows = pq.read_table(rows_path)
    spark = _dense(rows[features], features)
    native = matrix(scorer.features_of(rows))
    prediction = scorer.predict(rows)
    expected = _xgboost(booster, spark, scorer)
    inputs = rows.select(scorer.schema.names)
    runtime, mleap_state = _mleap(bundle, scorer, inputs, mleap)
    pairs = [_pair("spark", "native", "features", spark, native)]
    if runtime is not None:
        pairs += [
            _pair("spark", "mleap", "features", spark, runtime),
            _pair("native", "mleap", "features", native, runtime),
        ]
    pairs.append(_pair("xgboost", "native", "predictions", expected, prediction))
    record = {
        "rows": rows.num_rows,
        "engines": ["spark", "native", *(["mleap"] if runtime is not None else [])],
        "feature_differences": sum(pair["differences"] for pair in pairs if pair["what"] == "features"),
        "prediction_differences": sum(pair["differences"] for pair in pairs if pair["what"] == "predictions"),
        "mleap": mleap_state,
        "pairs": pairs,
        "sample": _sample(inputs, spark, native, runtime, prediction, expected, scorer),
    }
    label = scorer.contract.label
    truth = rows[label.name].to_numpy() if label is not None else np.empty(0)
    return Verification(record, inputs, truth, prediction)


def _dense(column: Any, name: str) -> np.ndarray[Any, Any]:
    vectors = from_arrow(column, name)
    assert isinstance(vectors, Dense | Sparse)  # noqa: S101 - the job writes a vector
    return matrix([vectors])


def _pair(left: str, right: str, what: str, one: Any, other: Any) -> dict[str, Any]:
    found = differences(one, other)
    return {"left": left, "right": right, "what": what, "values": int(one.size), "differences": found}


def _xgboost(model: bytes, features: np.ndarray[Any, Any], scorer: Scorer) -> np.ndarray[Any, Any]:
    import xgboost

    booster = xgboost.Booster(model_file=bytearray(model))
    zeros = scorer.booster is not None and scorer.booster.zeros_are_missing
    matrix_ = xgboost.DMatrix(features, missing=0.0 if zeros else np.nan)
    return np.asarray(booster.predict(matrix_, validate_features=False))


def _mleap(bundle: Path, scorer: Scorer, rows: Any, mode: str) -> tuple[Any, dict[str, Any]]:
    state: dict[str, Any] = {"version": None, "status": "skipped", "reason": "verification.mleap is skip"}
    if mode == "skip":
        return None, state
    from pipeline.mleap.jars import RUNTIME
    from pipeline.mleap.runtime import Runtime

    features = str(scorer.features)
    state["version"] = RUNTIME.version
    try:
        _only_of_mleap(scorer)
        with Runtime() as runtime:
            made = runtime.load(bundle).transform(rows, [features])
    except (RequirementError, UnsupportedStageError, DataError) as error:
        # Not to be had, not meant for it, or, as with nulls, a row that MLeap refuses and Spark does not.
        if mode == "require":
            raise
        return None, {**state, "reason": error.message}
    flat = made[features].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(rows.num_rows, -1), {**state, "status": "compared", "reason": None}


def _only_of_mleap(scorer: Scorer) -> None:
    own = [node for node in scorer.bundle.nodes if not node.operator.in_mleap]
    if own:
        raise UnsupportedStageError(f"MLeap has no operator like that of node {own[0].name!r}, {own[0].operator.op}")


def _sample(  # noqa: PLR0917 - one argument a column of the table
    inputs: Any, spark: Any, native: Any, runtime: Any, prediction: Any, expected: Any, scorer: Scorer
) -> dict[str, Any]:
    count = min(SAMPLE_ROWS, inputs.num_rows)
    names = list(scorer.manifest.feature_names) or [f"f{place}" for place in range(native.shape[1])]
    shown = inputs.slice(0, count).to_pylist()
    rows = [
        {
            "row": at + 1,
            "input": shown[at],
            "spark": _plain(spark[at]),
            "native": _plain(native[at]),
            "mleap": None if runtime is None else _plain(runtime[at]),
            "prediction": _plain(prediction[at]),
            "booster": _plain(expected[at]),
        }
        for at in range(count)
    ]
    return {"columns": names, "rows": rows}


def _plain(values: Any) -> Any:
    """JSON-ready numbers; JSON has no NaN."""
    made = pa.array(np.atleast_1d(values), from_pandas=True).to_pylist()
    return made if np.ndim(values) else made[0]
