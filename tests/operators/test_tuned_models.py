"""Models that stand for others: what tuning chose, and pipelines within pipelines."""

from __future__ import annotations

import gc
import warnings
from typing import Any

import numpy as np
import pytest
from conformance import Conformance


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    rng = np.random.default_rng(8)
    rows = np.vstack([rng.normal(-4, 1, (15, 2)), rng.normal(4, 1, (15, 2))]).tolist()
    return spark.createDataFrame(rows, "x double, y double").coalesce(1)


def assembler() -> Any:
    from pyspark.ml.feature import VectorAssembler

    return VectorAssembler(inputCols=["x", "y"], outputCol="features")


def tuned_by(kind: str, estimator: Any, clusters: Any, frame: Any, **settings: Any) -> Any:
    import pyspark.ml.tuning as tuning_module
    from pyspark.ml.evaluation import ClusteringEvaluator
    from pyspark.ml.tuning import ParamGridBuilder

    grid = ParamGridBuilder().addGrid(clusters.k, [2, 3]).build()
    tuner = getattr(tuning_module, kind)
    search = tuner(estimator=estimator, estimatorParamMaps=grid, evaluator=ClusteringEvaluator(), seed=1, **settings)
    with warnings.catch_warnings():
        # PySpark leaves its threads to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        model = search.fit(frame)
        gc.collect()
    return model


@pytest.mark.parametrize(
    ("kind", "settings"), [("CrossValidator", {"numFolds": 2}), ("TrainValidationSplit", {"trainRatio": 0.7})]
)
def test_a_tuned_pipeline(engines: Conformance, frame: Any, kind: str, settings: dict[str, Any]) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.clustering import KMeans

    clusters = KMeans(seed=1)
    tuned = tuned_by(kind, Pipeline(stages=[assembler(), clusters]), clusters, frame, **settings)
    scorer = engines.check(tuned, frame)
    assert [node.operator.op for node in scorer.bundle.nodes] == ["vector_assembler", "k_means"]
    # The best model, and not another of the grid.
    best = tuned.bestModel.stages[1]
    assert np.array_equal(scorer.bundle.nodes[1].operator.centers.values, np.array(best.clusterCenters()))


def test_a_tuned_stage_within_a_pipeline(engines: Conformance, frame: Any) -> None:
    from pyspark.ml import PipelineModel
    from pyspark.ml.clustering import KMeans

    clusters = KMeans(seed=1)
    vectors = assembler()
    tuned = tuned_by("TrainValidationSplit", clusters, clusters, vectors.transform(frame))
    engines.check(PipelineModel([vectors, tuned]), frame)


def test_pipelines_within_pipelines(engines: Conformance, frame: Any) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.clustering import KMeans
    from pyspark.ml.feature import OneHotEncoder

    inner = Pipeline(stages=[assembler(), Pipeline(stages=[KMeans(k=3, seed=1, predictionCol="cluster")])])
    model = Pipeline(stages=[inner, OneHotEncoder(inputCol="cluster", outputCol="one_hot")]).fit(frame)
    scorer = engines.check(model, frame)
    assert [node.operator.op for node in scorer.bundle.nodes] == ["vector_assembler", "k_means", "one_hot_encoder"]


def test_an_empty_pipeline_within_a_pipeline(engines: Conformance, frame: Any) -> None:
    from pyspark.ml import PipelineModel

    engines.check(PipelineModel([PipelineModel([]), assembler(), PipelineModel([PipelineModel([])])]), frame)
