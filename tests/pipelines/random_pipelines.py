"""Whole pipelines at random: a seed makes the rows, the stages and their order.

FUZZ_SEED=17 FUZZ_PIPELINES=1 pytest tests/pipelines runs one again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

WORDS = ["red", "größe", "日本", "😀", "the", "of", "Blue", "x1", "", "a b"]
ROWS = 30


@dataclass
class Columns:
    """The columns that a stage may read, by what they hold."""

    numbers: list[str]
    texts: list[str]
    indices: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    vectors: list[str] = field(default_factory=list)
    plain: bool = True


# A stage is made of a random source, the columns there are and a name for its output; None where it has no input.
Maker = Callable[[random.Random, Columns, str], Any]


def rows(rng: random.Random, spark: Any, *, plain: bool) -> Any:
    """Rows of mixed types; where not `plain` with nulls, NaN and negative zeros."""

    def number() -> float | None:
        odd = [None, float("nan"), -0.0, 1e300, 5e-324]
        return (
            rng.choice(odd) if not plain and rng.random() < 0.15 else rng.choice([rng.gauss(0, 3), rng.randint(-3, 3)])
        )

    def text() -> str | None:
        return None if not plain and rng.random() < 0.1 else rng.choice(WORDS)

    made = []
    for at in range(ROWS):
        value, other = number(), number()
        sentence = " ".join(rng.choice(WORDS) for _ in range(rng.randint(0 if not plain else 1, 5)))
        made.append(
            (
                float(rng.randint(0, 1)) if at > 1 else float(at),
                None if value is None else float(value),
                None if other is None else float(other),
                rng.randint(-5, 5),
                rng.random() < 0.5,
                text(),
                text() if rng.random() < 0.5 else rng.choice(WORDS[:3]),
                sentence,
            )
        )
    return spark.createDataFrame(
        made, "label double, x double, y double, n int, b boolean, kind string, colour string, words string"
    ).localCheckpoint()


@dataclass(frozen=True)
class Drawn:
    """A fitted pipeline of 3 to 12 stages, some of them nested, its rows, and the names of its stages."""

    model: Any
    frame: Any
    names: list[str]
    # False where rows have nulls, NaN and negative zeros.
    plain: bool


def pipeline(seed: int, spark: Any) -> Drawn:
    """The pipeline of a seed."""
    from pyspark.ml import PipelineModel
    from pyspark.sql.utils import CapturedException

    rng = random.Random(seed)  # noqa: S311 - chance, not secrets
    plain = rng.random() < 0.6
    frame = rows(rng, spark, plain=plain)
    columns = Columns(["x", "y", "n"], ["kind", "colour", "words"], plain=plain)
    stages: list[Any] = []
    names: list[str] = []
    known = frame
    wanted = rng.randint(3, 12)
    for attempt in range(60):
        if len(stages) == wanted:
            break
        kind = rng.choice(list(MAKERS))
        target = f"{kind}{attempt}"
        made = MAKERS[kind](rng, columns, target)
        if made is None or _never_fits(made[0], known):
            continue
        stage, holds = made
        try:
            fitted = stage.fit(known) if hasattr(stage, "fit") else stage
            # Rows of their own: else each stage would run all those before it again.
            after = fitted.transform(known).localCheckpoint()
        except (CapturedException, _java_error()):
            # What Spark itself does not fit, or refuses on these rows, is no pipeline.
            continue
        if hasattr(fitted, "pc") and np.isnan(fitted.pc.toArray()).any():
            # A component of NaN tells sparse rows from dense ones: no one means that.
            continue
        if _scales_rounding(fitted) or _is_of_categories(stage, known):
            continue
        known = after
        getattr(columns, holds).append(target)
        stages.append(fitted)
        names.append(kind)
    for _ in range(rng.randint(0, 2)):
        if len(stages) > 2:
            start = rng.randrange(len(stages) - 1)
            stop = rng.randrange(start + 1, len(stages)) + 1
            stages[start:stop] = [PipelineModel(stages[start:stop])]
    return Drawn(PipelineModel(stages), frame, names, plain)


def _never_fits(stage: Any, known: Any) -> bool:
    """True for a PCA of values whose covariances are not finite: LAPACK may work on them for ever."""
    if type(stage).__name__ != "PCA":
        return False
    values = np.array([row[0].toArray() for row in known.select(stage.getInputCol()).collect() if row[0] is not None])
    with np.errstate(all="ignore"):
        return not np.isfinite(np.square(values).sum())


def _scales_rounding(fitted: Any) -> bool:
    """True for a scaler of a column that is constant but for the last bits, which it makes the first ones.

    So too where NaN would tell sparse rows from dense ones.
    """
    widths = [getattr(fitted, name).toArray() for name in ("std", "range") if hasattr(fitted, name)]
    if hasattr(fitted, "originalMax"):
        widths.append(fitted.originalMax.toArray() - fitted.originalMin.toArray())
    return any((~np.isfinite(width) | ((width > 0) & (width < 1e-9))).any() for width in widths)


def _is_of_categories(stage: Any, known: Any) -> bool:
    """True for an interaction of a vector with categories that no assembler made.

    Spark's leaves out the first category in sparse rows; which these are, only an assembler's rows tell.
    """
    if type(stage).__name__ != "Interaction" or stage.getInputCols()[-1].startswith("vector_assembler"):
        return False
    attributes = [known.schema[name].metadata.get("ml_attr", {}).get("attrs", {}) for name in stage.getInputCols()]
    return any("nominal" in one for one in attributes)


def _java_error() -> type[Exception]:
    from py4j.protocol import Py4JJavaError

    error: type[Exception] = Py4JJavaError
    return error


def _of(make: Callable[..., Any], source: str, holds: str, **parameters: Callable[[random.Random], Any]) -> Maker:
    """A maker of a stage with one input column."""

    def maker(rng: random.Random, columns: Columns, target: str) -> Any:
        there = getattr(columns, source)
        if not there:
            return None
        drawn = {name: draw(rng) for name, draw in parameters.items()}
        return make()(inputCol=rng.choice(there), outputCol=target, **drawn), holds

    return maker


def _feature(name: str) -> Callable[[], Any]:
    def make() -> Any:
        from pyspark.ml import feature

        return getattr(feature, name)

    return make


def _plain(make: Maker) -> Maker:
    """The maker where no value is wild: a sum of 1e300 and 1 has, by its order, something of the 1 or nothing."""

    def maker(rng: random.Random, columns: Columns, target: str) -> Any:
        return make(rng, columns, target) if columns.plain else None

    return maker


def _assembler(rng: random.Random, columns: Columns, target: str) -> Any:
    there = [*columns.numbers, *columns.indices, *columns.vectors, "b"]
    chosen = rng.sample(there, rng.randint(1, min(4, len(there))))
    from pyspark.ml.feature import VectorAssembler

    return VectorAssembler(inputCols=chosen, outputCol=target, handleInvalid="keep"), "vectors"


def _one_hot(rng: random.Random, columns: Columns, target: str) -> Any:
    if not columns.indices:
        return None
    from pyspark.ml.feature import OneHotEncoder

    source, drop = rng.choice(columns.indices), rng.random() < 0.5
    return OneHotEncoder(inputCols=[source], outputCols=[target], dropLast=drop, handleInvalid="keep"), "vectors"


# Predictors by their modules: what may be drawn for each, beside its columns.
_CLASSIFIERS = {
    "DecisionTreeClassifier": ("maxDepth", "seed"),
    "RandomForestClassifier": ("maxDepth", "seed"),
    "GBTClassifier": ("maxDepth", "seed", "maxIter"),
    "LogisticRegression": ("maxIter", "regParam"),
    "LinearSVC": ("maxIter", "regParam"),
    "NaiveBayes": (),
}
_REGRESSORS = {
    "DecisionTreeRegressor": ("maxDepth", "seed"),
    "GBTRegressor": ("maxDepth", "seed", "maxIter"),
    "LinearRegression": ("maxIter", "regParam"),
    "GeneralizedLinearRegression": ("maxIter", "regParam"),
}
_CLUSTERINGS = {"KMeans": ("maxIter", "seed"), "BisectingKMeans": ("maxIter", "seed")}


def _model(module: str, kinds: Mapping[str, Sequence[str]]) -> Maker:
    """A maker of one of the predictors of a module."""

    def maker(rng: random.Random, columns: Columns, target: str) -> Any:
        if not columns.vectors:
            return None
        from importlib import import_module

        name = rng.choice(list(kinds))
        made = getattr(import_module(f"pyspark.ml.{module}"), name)(
            featuresCol=rng.choice(columns.vectors), predictionCol=target
        )
        drawn = {
            "maxDepth": rng.randint(1, 4),
            "seed": rng.randint(0, 99),
            "maxIter": rng.randint(1, 3),
            "regParam": rng.choice([0.1, 1.0]),
        }
        made._set(**{key: drawn[key] for key in kinds[name]})
        others = {"rawPredictionCol": f"{target}_raw", "probabilityCol": f"{target}_probability"}
        # Not setParams: GBTClassifier takes no rawPredictionCol there.
        made._set(**{key: value for key, value in others.items() if made.hasParam(key)})
        return made, "numbers"

    return maker


def _interaction(rng: random.Random, columns: Columns, target: str) -> Any:
    if not columns.vectors:
        return None
    from pyspark.ml.feature import Interaction

    return Interaction(inputCols=["n", rng.choice(columns.vectors)], outputCol=target), "vectors"


def _hasher(rng: random.Random, columns: Columns, target: str) -> Any:
    from pyspark.ml.feature import FeatureHasher

    there = [*columns.numbers, *columns.texts, "b"]
    chosen = rng.sample(there, rng.randint(1, min(4, len(there))))
    return FeatureHasher(inputCols=chosen, outputCol=target, numFeatures=rng.choice([4, 32])), "vectors"


def _sql(rng: random.Random, columns: Columns, target: str) -> Any:
    from pyspark.ml.feature import SQLTransformer

    left, right = rng.choice(columns.numbers), rng.choice(columns.numbers)
    text = f"{left} {rng.choice('+-*/')} CAST({right} AS double)"
    return SQLTransformer(statement=" ".join(["SELECT *,", text, "AS", target, "FROM __THIS__"])), "numbers"


def _keep(_: random.Random) -> str:
    return "keep"


MAKERS: dict[str, Maker] = {
    "string_indexer": _of(_feature("StringIndexer"), "texts", "indices", handleInvalid=_keep),
    "one_hot_encoder": _one_hot,
    "vector_assembler": _assembler,
    "binarizer": _of(_feature("Binarizer"), "numbers", "numbers", threshold=lambda rng: rng.choice([0.0, 0.5, -1.0])),
    "bucketizer": _of(
        _feature("Bucketizer"),
        "numbers",
        "numbers",
        splits=lambda rng: [float("-inf"), *sorted(rng.sample(range(-5, 6), 3)), float("inf")],
        handleInvalid=_keep,
    ),
    "quantile_discretizer": _of(
        _feature("QuantileDiscretizer"),
        "numbers",
        "numbers",
        numBuckets=lambda rng: rng.randint(2, 5),
        handleInvalid=_keep,
    ),
    "imputer": _of(
        _feature("Imputer"), "numbers", "numbers", strategy=lambda rng: rng.choice(["mean", "median", "mode"])
    ),
    "standard_scaler": _of(_feature("StandardScaler"), "vectors", "vectors", withMean=lambda rng: rng.random() < 0.5),
    "min_max_scaler": _of(_feature("MinMaxScaler"), "vectors", "vectors"),
    "max_abs_scaler": _of(_feature("MaxAbsScaler"), "vectors", "vectors"),
    "robust_scaler": _of(_feature("RobustScaler"), "vectors", "vectors"),
    "normalizer": _of(_feature("Normalizer"), "vectors", "vectors", p=lambda rng: rng.choice([1.0, 2.0, float("inf")])),
    "polynomial_expansion": _of(_feature("PolynomialExpansion"), "vectors", "vectors", degree=lambda rng: 2),
    "pca": _of(_feature("PCA"), "vectors", "vectors", k=lambda rng: 1),
    "dct": _plain(_of(_feature("DCT"), "vectors", "vectors", inverse=lambda rng: rng.random() < 0.5)),
    "idf": _of(_feature("IDF"), "vectors", "vectors", minDocFreq=lambda rng: rng.randint(0, 2)),
    "tokenizer": _of(_feature("Tokenizer"), "texts", "tokens"),
    "regex_tokenizer": _of(
        _feature("RegexTokenizer"), "texts", "tokens", pattern=lambda rng: rng.choice([r"\s+", "e"])
    ),
    "stop_words_remover": _of(_feature("StopWordsRemover"), "tokens", "tokens"),
    "ngram": _of(_feature("NGram"), "tokens", "tokens", n=lambda rng: rng.randint(1, 3)),
    "hashing_tf": _of(
        _feature("HashingTF"),
        "tokens",
        "vectors",
        numFeatures=lambda rng: rng.choice([3, 16]),
        binary=lambda rng: rng.random() < 0.5,
    ),
    "count_vectorizer": _of(_feature("CountVectorizer"), "tokens", "vectors", minDF=lambda rng: 1.0),
    "vector_slicer": _of(_feature("VectorSlicer"), "vectors", "vectors", indices=lambda rng: [0]),
    "interaction": _interaction,
    "vector_indexer": _of(
        _feature("VectorIndexer"),
        "vectors",
        "vectors",
        maxCategories=lambda rng: rng.randint(2, 5),
        handleInvalid=_keep,
    ),
    "feature_hasher": _hasher,
    "word2vec": _of(
        _feature("Word2Vec"),
        "tokens",
        "vectors",
        vectorSize=lambda rng: rng.randint(1, 3),
        minCount=lambda rng: 1,
        maxIter=lambda rng: 1,
        seed=lambda rng: rng.randint(0, 99),
    ),
    "index_to_string": _of(
        _feature("IndexToString"),
        "indices",
        "texts",
        labels=lambda rng: [f"label {at}" for at in range(len(WORDS) + 1)],
    ),
    "sql_transformer": _sql,
    "classifier": _model("classification", _CLASSIFIERS),
    "regressor": _model("regression", _REGRESSORS),
    "clustering": _model("clustering", _CLUSTERINGS),
}
