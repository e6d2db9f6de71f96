"""All operators, by their name in a bundle and by the Spark stage they express; imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Dict, List, Tuple, Type

from pipeline.errors import UnknownOperatorError, UnsupportedStageError
from pipeline.operators.base import Operator

# An operator a line: its module, its class, its name in a bundle, the Spark stages that it expresses.
OPERATORS: Tuple[Tuple[str, str, str, Tuple[str, ...]], ...] = (
    (
        "aft_survival_regression",
        "AFTSurvivalRegression",
        "aft_survival_regression",
        ("AFTSurvivalRegressionModel",),
    ),
    ("als", "ALS", "als", ("ALSModel",)),
    ("binarizer", "Binarizer", "binarizer", ("Binarizer",)),
    ("bisecting_k_means", "BisectingKMeans", "bisecting_k_means", ("BisectingKMeansModel",)),
    ("bucketizer", "Bucketizer", "bucketizer", ("Bucketizer",)),
    ("categorical_drilldown", "CategoricalDrilldown", "categorical_drilldown", ()),
    (
        "chi_sq_selector",
        "ChiSqSelector",
        "chi_sq_selector",
        ("ChiSqSelectorModel", "UnivariateFeatureSelectorModel", "VarianceThresholdSelectorModel"),
    ),
    ("coalesce", "Coalesce", "coalesce", ()),
    ("count_vectorizer", "CountVectorizer", "count_vectorizer", ("CountVectorizerModel",)),
    ("dct", "DCT", "dct", ("DCT",)),
    (
        "decision_tree_classifier",
        "DecisionTreeClassifier",
        "decision_tree_classifier",
        ("DecisionTreeClassificationModel",),
    ),
    (
        "decision_tree_regression",
        "DecisionTreeRegression",
        "decision_tree_regression",
        ("DecisionTreeRegressionModel",),
    ),
    ("elementwise_product", "ElementwiseProduct", "elementwise_product", ("ElementwiseProduct",)),
    ("feature_hasher", "FeatureHasher", "feature_hasher", ("FeatureHasher",)),
    ("fm_classifier", "FMClassifier", "fm_classifier", ("FMClassificationModel",)),
    ("fm_regressor", "FMRegressor", "fm_regressor", ("FMRegressionModel",)),
    ("gaussian_mixture", "GaussianMixture", "gaussian_mixture", ("GaussianMixtureModel",)),
    ("gbt_classifier", "GBTClassifier", "gbt_classifier", ("GBTClassificationModel",)),
    ("gbt_regression", "GBTRegression", "gbt_regression", ("GBTRegressionModel",)),
    (
        "generalized_linear_regression",
        "GeneralizedLinearRegression",
        "generalized_linear_regression",
        ("GeneralizedLinearRegressionModel",),
    ),
    ("hashing_tf", "HashingTF", "hashing_term_frequency", ("HashingTF",)),
    ("idf", "IDF", "idf", ("IDFModel",)),
    ("imputer", "Imputer", "imputer", ("ImputerModel",)),
    ("interaction", "Interaction", "interaction", ("Interaction",)),
    ("isotonic_regression", "IsotonicRegression", "isotonic_regression", ("IsotonicRegressionModel",)),
    ("k_means", "KMeans", "k_means", ("KMeansModel",)),
    ("lda", "LDA", "lda_local_model_op", ("LocalLDAModel", "DistributedLDAModel")),
    ("linear_regression", "LinearRegression", "linear_regression", ("LinearRegressionModel",)),
    ("linear_svc", "LinearSVC", "linear_svc", ("LinearSVCModel",)),
    ("logistic_regression", "LogisticRegression", "logistic_regression", ("LogisticRegressionModel",)),
    ("map_entry_selector", "MapEntrySelector", "map_entry_selector", ()),
    ("math_binary", "MathBinary", "math_binary", ()),
    ("math_unary", "MathUnary", "math_unary", ()),
    ("max_abs_scaler", "MaxAbsScaler", "max_abs_scaler", ()),
    ("min_hash_lsh", "MinHashLSH", "min_hash_lsh", ("MinHashLSHModel",)),
    ("min_max_scaler", "MinMaxScaler", "min_max_scaler", ("MinMaxScalerModel",)),
    (
        "multi_layer_perceptron_classifier",
        "MultiLayerPerceptronClassifier",
        "multi_layer_perceptron_classifier",
        ("MultilayerPerceptronClassificationModel",),
    ),
    ("multinomial_labeler", "MultinomialLabeler", "multinomial_labeler", ()),
    ("naive_bayes", "NaiveBayes", "naive_bayes", ("NaiveBayesModel",)),
    ("ngram", "NGram", "ngram", ("NGram",)),
    ("normalizer", "Normalizer", "normalizer", ("Normalizer",)),
    ("one_hot_encoder", "OneHotEncoder", "one_hot_encoder", ("OneHotEncoderModel",)),
    ("one_vs_rest", "OneVsRest", "one_vs_rest", ("OneVsRestModel",)),
    ("pca", "PCA", "pca", ("PCAModel",)),
    ("polynomial_expansion", "PolynomialExpansion", "polynomial_expansion", ("PolynomialExpansion",)),
    ("r_formula", "RFormula", "r_formula", ("RFormulaModel",)),
    (
        "random_forest_classifier",
        "RandomForestClassifier",
        "random_forest_classifier",
        ("RandomForestClassificationModel",),
    ),
    (
        "random_forest_regression",
        "RandomForestRegression",
        "random_forest_regression",
        ("RandomForestRegressionModel",),
    ),
    (
        "random_projection_lsh",
        "BucketedRandomProjectionLSH",
        "bucketed_random_projection_lsh",
        ("BucketedRandomProjectionLSHModel",),
    ),
    ("regex_indexer", "RegexIndexer", "regex_indexer", ()),
    ("regex_tokenizer", "RegexTokenizer", "regex_tokenizer", ("RegexTokenizer",)),
    ("reverse_string_indexer", "IndexToString", "reverse_string_indexer", ("IndexToString",)),
    ("sklearn_binarizer", "SklearnBinarizer", "sklearn_binarizer", ()),
    ("sklearn_polynomial_expansion", "SklearnPolynomialExpansion", "sklearn_polynomial_expansion", ()),
    ("spark_xgboost", "SparkXGBClassifier", "spark_xgb_classifier", ("SparkXGBClassifierModel",)),
    ("spark_xgboost", "SparkXGBRegressor", "spark_xgb_regressor", ("SparkXGBRegressorModel", "SparkXGBRankerModel")),
    ("sql_transformer", "SQLTransformer", "sql_transformer", ("SQLTransformer",)),
    (
        "standard_scaler",
        "StandardScaler",
        "standard_scaler",
        ("StandardScalerModel", "RobustScalerModel", "MaxAbsScalerModel"),
    ),
    ("stop_words_remover", "StopWordsRemover", "stopwords_remover", ("StopWordsRemover",)),
    ("string_indexer", "StringIndexer", "string_indexer", ("StringIndexerModel",)),
    ("string_map", "StringMap", "string_map", ()),
    ("support_vector_machine", "SupportVectorMachine", "support_vector_machine", ()),
    ("tokenizer", "Tokenizer", "tokenizer", ("Tokenizer",)),
    ("vector_assembler", "VectorAssembler", "vector_assembler", ("VectorAssembler",)),
    ("vector_indexer", "VectorIndexer", "vector_indexer", ("VectorIndexerModel",)),
    ("vector_size_hint", "VectorSizeHint", "vector_size_hint", ("VectorSizeHint",)),
    ("vector_slicer", "VectorSlicer", "vector_slicer", ("VectorSlicer",)),
    ("word2vec", "Word2Vec", "word_to_vector", ("Word2VecModel",)),
    ("word_filter", "WordFilter", "word_filter", ()),
)

_by_op: Dict[str, Tuple[str, str]] = {op: (module, name) for module, name, op, _ in OPERATORS}
_by_stage: Dict[str, Tuple[str, str]] = {
    stage: (module, name) for module, name, _, stages in OPERATORS for stage in stages
}


def known_operators() -> List[str]:
    """The names that a bundle may use, sorted."""
    return sorted(_by_op)


def operator_of(op: str, where: str) -> Type[Operator]:
    """The class of a bundle's operator; UnknownOperatorError names the node and the known ones."""
    if op not in _by_op:
        raise UnknownOperatorError(
            f"{where}: operator {op!r} is not known", hint=f"known operators: pipeline, {', '.join(known_operators())}"
        )
    return _class(*_by_op[op])


def operator_for(stage: Any) -> Type[Operator]:
    """The class that expresses a fitted Spark stage; UnsupportedStageError names the known ones."""
    kind = type(stage).__name__
    if kind not in _by_stage:
        raise UnsupportedStageError(
            f"stage {getattr(stage, 'uid', stage)!r} is a {kind}, which no operator expresses",
            hint=f"known stages: {', '.join(sorted(_by_stage))}, PipelineModel",
        )
    return _class(*_by_stage[kind])


def _class(module: str, name: str) -> Type[Operator]:
    found: Type[Operator] = getattr(import_module(f"pipeline.operators.{module}"), name)
    return found
