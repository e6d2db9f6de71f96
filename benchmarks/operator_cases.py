"""What the operators' benchmark times: rows of every kind, and a fitted stage an operator."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

KINDS = [f"kind {at}" for at in range(20)]
WORDS = [f"word{at}" for at in range(500)]


def rows(count: int) -> pa.Table:
    """Made-up rows: numbers, a category, ten words as text and as tokens, dense `v` (10) and mostly zero `w` (32)."""
    rng = np.random.default_rng(1)
    cells = rng.random((count, 10))
    label = (cells[:, 0] + cells[:, 1] * cells[:, 2] > 0.75).astype(float)
    codes = rng.integers(0, 20, count)
    tokens = np.array(WORDS, dtype=object)[rng.integers(0, 500, (count, 10))]
    return pa.table(
        {
            "label": label,
            "target": 3 * cells[:, 0] + cells[:, 3] + 0.1,
            "x": rng.normal(0, 3, count),
            "y": rng.normal(0, 3, count),
            "n": rng.integers(-5, 6, count).astype(np.int32),
            "user": rng.integers(0, 50, count).astype(np.int32),
            "item": rng.integers(0, 80, count).astype(np.int32),
            "index": codes.astype(float),
            "kind": [KINDS[code] for code in codes],
            "words": [" ".join(row) for row in tokens],
            "tokens": tokens.tolist(),
            "v": _vectors(cells),
            "w": _vectors(rng.poisson(0.3, (count, 32)).astype(float)),
        }
    )


def _vectors(cells: np.ndarray[Any, Any]) -> Any:
    return pa.FixedSizeListArray.from_arrays(pa.array(cells.ravel()), cells.shape[1])


def spark_frame(spark: Any, table: pa.Table, folder: Path) -> Any:
    """The rows as a Spark DataFrame that is cached."""
    from pyarrow import parquet
    from pyspark.ml.functions import array_to_vector

    path = folder / "rows.parquet"
    plain = table.cast(pa.schema([_plain(field) for field in table.schema]))
    parquet.write_table(plain, path)
    frame = spark.read.parquet(str(path))
    for name in ("v", "w"):
        numeric = [{"idx": place} for place in range(table.schema.field(name).type.list_size)]
        attributes = {"ml_attr": {"attrs": {"numeric": numeric}, "num_attrs": len(numeric)}}
        frame = frame.withColumn(name, array_to_vector(name)).withMetadata(name, attributes)
    frame = frame.cache()
    frame.count()
    return frame


def _plain(field: pa.Field) -> pa.Field:
    return pa.field(field.name, pa.list_(pa.float64())) if pa.types.is_fixed_size_list(field.type) else field


def _stage(module: str, name: str, source: str | None, **parameters: Any) -> Callable[[], Any]:
    """A stage of pyspark.ml that reads `source` and writes `made`."""

    def make() -> Any:
        kind = getattr(import_module(f"pyspark.ml.{module}"), name)
        columns = {} if source is None else {"inputCol": source, "outputCol": "made"}
        return kind(**columns, **parameters)

    return make


def _feature(name: str, source: str | None, **parameters: Any) -> Callable[[], Any]:
    return _stage("feature", name, source, **parameters)


def _model(module: str, name: str, **parameters: Any) -> Callable[[], Any]:
    """A predictor on `v`."""
    return _stage(module, name, None, featuresCol="v", **parameters)


def _one_vs_rest() -> Any:
    from pyspark.ml.classification import LogisticRegression, OneVsRest

    return OneVsRest(featuresCol="v", classifier=LogisticRegression(maxIter=5))


def _n_grams() -> Any:
    """MLeap's n-grams are a lazy list, made when something reads it."""
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import HashingTF, NGram

    counted = HashingTF(inputCol="grams", outputCol="made", numFeatures=1 << 18)
    return Pipeline(stages=[NGram(n=2, inputCol="tokens", outputCol="grams"), counted])


_TREES = {"maxDepth": 5, "seed": 1}

CASES: dict[str, Callable[[], Any]] = {
    "Binarizer": _feature("Binarizer", "x", threshold=0.5),
    "Bucketizer": _feature("Bucketizer", "x", splits=[float("-inf"), -3.0, -1.0, 0.0, 1.0, 3.0, float("inf")]),
    "StringIndexer": _feature("StringIndexer", "kind"),
    "IndexToString": _feature("IndexToString", "index", labels=KINDS),
    "OneHotEncoder": _feature("OneHotEncoder", "index"),
    "Imputer": _feature("Imputer", "x", strategy="median"),
    "VectorAssembler": _feature("VectorAssembler", None, inputCols=["x", "y", "n", "v"], outputCol="made"),
    "VectorIndexer": _feature("VectorIndexer", "v", maxCategories=4),
    "VectorSlicer": _feature("VectorSlicer", "v", indices=[1, 4, 7]),
    "VectorSizeHint": _feature("VectorSizeHint", None, inputCol="v", size=10),
    "StandardScaler": _feature("StandardScaler", "v", withMean=True),
    "MinMaxScaler": _feature("MinMaxScaler", "v"),
    "MaxAbsScaler": _feature("MaxAbsScaler", "v"),
    "RobustScaler": _feature("RobustScaler", "v", withCentering=True),
    "Normalizer": _feature("Normalizer", "v"),
    "PCA": _feature("PCA", "v", k=4),
    "PolynomialExpansion": _feature("PolynomialExpansion", "v", degree=2),
    "DCT": _feature("DCT", "v"),
    "ElementwiseProduct": _stage("feature", "ElementwiseProduct", "v", scalingVec=None),
    "Interaction": _feature("Interaction", None, inputCols=["x", "v"], outputCol="made"),
    "ChiSqSelector": _feature("ChiSqSelector", None, featuresCol="w", outputCol="made", numTopFeatures=3),
    "Tokenizer": _feature("Tokenizer", "words"),
    "RegexTokenizer": _feature("RegexTokenizer", "words", pattern="\\s+"),
    "StopWordsRemover": _feature("StopWordsRemover", "tokens", stopWords=WORDS[:50]),
    "NGram and HashingTF": _n_grams,
    "HashingTF": _feature("HashingTF", "tokens", numFeatures=1 << 18),
    "CountVectorizer": _feature("CountVectorizer", "tokens"),
    "IDF": _feature("IDF", "w"),
    "Word2Vec": _feature("Word2Vec", "tokens", vectorSize=10, minCount=1, maxIter=1, seed=1),
    "FeatureHasher": _feature("FeatureHasher", None, inputCols=["x", "kind", "n"], outputCol="made", numFeatures=4096),
    "MinHashLSH": _feature("MinHashLSH", "v", numHashTables=3, seed=1),
    "BucketedRandomProjectionLSH": _feature("BucketedRandomProjectionLSH", "v", bucketLength=1.0, seed=1),
    "LogisticRegression": _model("classification", "LogisticRegression", maxIter=10),
    "LinearSVC": _model("classification", "LinearSVC", maxIter=5),
    "NaiveBayes": _model("classification", "NaiveBayes"),
    "MultilayerPerceptronClassifier": _model(
        "classification", "MultilayerPerceptronClassifier", layers=[10, 8, 2], maxIter=5, seed=1
    ),
    "OneVsRest": _one_vs_rest,
    "FMClassifier": _model("classification", "FMClassifier", maxIter=5, seed=1),
    "DecisionTreeClassifier": _model("classification", "DecisionTreeClassifier", **_TREES),
    "RandomForestClassifier": _model("classification", "RandomForestClassifier", numTrees=20, **_TREES),
    "GBTClassifier": _model("classification", "GBTClassifier", maxIter=10, **_TREES),
    "LinearRegression": _model("regression", "LinearRegression", labelCol="target"),
    "GeneralizedLinearRegression": _model(
        "regression", "GeneralizedLinearRegression", labelCol="target", family="gamma", link="log"
    ),
    "IsotonicRegression": _stage("regression", "IsotonicRegression", None, featuresCol="x", labelCol="target"),
    "AFTSurvivalRegression": _model(
        "regression", "AFTSurvivalRegression", labelCol="target", censorCol="label", quantilesCol="quantiles"
    ),
    "FMRegressor": _model("regression", "FMRegressor", labelCol="target", maxIter=5, seed=1),
    "DecisionTreeRegressor": _model("regression", "DecisionTreeRegressor", labelCol="target", **_TREES),
    "RandomForestRegressor": _model("regression", "RandomForestRegressor", labelCol="target", numTrees=20, **_TREES),
    "GBTRegressor": _model("regression", "GBTRegressor", labelCol="target", maxIter=10, **_TREES),
    "KMeans": _model("clustering", "KMeans", k=8, seed=1),
    "BisectingKMeans": _model("clustering", "BisectingKMeans", k=8, seed=1),
    "GaussianMixture": _model("clustering", "GaussianMixture", k=3, maxIter=5, seed=1),
    "LDA": _stage("clustering", "LDA", None, featuresCol="w", k=5, maxIter=3, seed=1),
    "ALS": _stage(
        "recommendation", "ALS", None, userCol="user", itemCol="item", ratingCol="target", rank=8, maxIter=2, seed=1
    ),
    "SQLTransformer": _stage("feature", "SQLTransformer", None, statement="SELECT *, x * 2 + n AS made FROM __THIS__"),
}


def stage(name: str) -> Any:
    """The stage of a case, not fitted yet."""
    if name != "ElementwiseProduct":
        return CASES[name]()
    from pyspark.ml.linalg import Vectors

    return _feature(name, "v", scalingVec=Vectors.dense(range(1, 11)))()
