"""The verification of a run without the JVM: vectors as Spark wrote them, scorer, and XGBoost's own package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from model_cases import FEATURE_NAMES, SCHEMA, abalone_nodes, features_of, files_of, raw, scorer_of, table_of, train

from pipeline.schema.contract import Column, Schema
from pipeline.scoring import Scorer
from pipeline.scoring.arrow import VECTOR_UDT
from pipeline.verification.verify import SAMPLE_ROWS, Verification, verify

ROWS = table_of(50, 3)
LABELLED = Schema((*SCHEMA.columns, Column("y", "double", label=True)))


@pytest.fixture(scope="module")
def booster() -> Any:
    return train(features_of(table_of(300)), {"objective": "reg:squarederror"})


@pytest.fixture(scope="module")
def scorer(booster: Any) -> Scorer:
    return scorer_of(
        files_of(abalone_nodes()), raw(booster), LABELLED, features="features", feature_names=FEATURE_NAMES
    )


def verified(features: np.ndarray[Any, Any], scorer: Scorer, booster: Any, folder: Path) -> Verification:
    vectors = [{"type": 1, "size": None, "indices": None, "values": row} for row in features.tolist()]
    rows = ROWS.append_column("features", pa.array(vectors, VECTOR_UDT))
    rows = rows.append_column("y", pa.array(np.arange(50) / 2))
    pq.write_table(rows, folder / "rows.parquet")
    bundle = folder / "unused"
    return verify(
        folder / "rows.parquet", scorer, booster=raw(booster), bundle=bundle, features="features", mleap="skip"
    )


def test_what_is_the_same(scorer: Scorer, booster: Any, tmp_path: Path) -> None:
    found = verified(features_of(ROWS), scorer, booster, tmp_path)
    record = found.record
    assert (record["rows"], record["engines"]) == (50, ["spark", "native"])
    assert (record["feature_differences"], record["prediction_differences"]) == (0, 0)
    assert record["mleap"]["status"] == "skipped"
    assert [(pair["left"], pair["right"], pair["values"]) for pair in record["pairs"]] == [
        ("spark", "native", 200),
        ("xgboost", "native", 50),
    ]
    assert found.label.tolist() == (np.arange(50) / 2).tolist()
    assert found.prediction.tobytes() == scorer.predict(ROWS).tobytes()
    sample = record["sample"]
    assert (sample["columns"], len(sample["rows"])) == (list(FEATURE_NAMES), SAMPLE_ROWS)
    first = sample["rows"][0]
    assert first["input"] == ROWS.slice(0, 1).to_pylist()[0]
    assert first["spark"] == first["native"] == features_of(ROWS)[0].tolist()
    assert first["prediction"] == first["booster"]
    assert first["mleap"] is None


def test_what_differs_is_counted(scorer: Scorer, booster: Any, tmp_path: Path) -> None:
    features = features_of(ROWS)
    features[4, 2] = np.nextafter(features[4, 2], np.inf)
    features[9] = [5.0, 5.0, 5.0, 50.0]
    record = verified(features, scorer, booster, tmp_path).record
    assert record["feature_differences"] == 1 + int((features_of(ROWS)[9] != features[9]).sum())
    assert record["prediction_differences"] == 1
