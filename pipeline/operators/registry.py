"""All operators, by their name in a bundle and by the Spark stage they express; imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Dict, List, Tuple, Type

from pipeline.errors import UnknownOperatorError, UnsupportedStageError
from pipeline.operators.base import Operator

# An operator a line: its module, its class, its name in a bundle, the Spark stages that it expresses.
OPERATORS: Tuple[Tuple[str, str, str, Tuple[str, ...]], ...] = (
    (
        "models.aft_survival_regression",
        "AFTSurvivalRegression",
        "aft_survival_regression",
        ("AFTSurvivalRegressionModel",),
    ),
    ("models.als", "ALS", "als", ("ALSModel",)),
    ("features.binarizer", "Binarizer", "binarizer", ("Binarizer",)),
    ("clustering.bisecting_k_means", "BisectingKMeans", "bisecting_k_means", ("BisectingKMeansModel",)),
    ("features.bucketizer", "Bucketizer", "bucketizer", ("Bucketizer",)),
    ("extras.categorical_drilldown", "CategoricalDrilldown", "categorical_drilldown", ()),
    (
        "features.chi_sq_selector",
        "ChiSqSelector",
        "chi_sq_selector",
        ("ChiSqSelectorModel", "UnivariateFeatureSelectorModel", "VarianceThresholdSelectorModel"),
    ),
    ("extras.coalesce", "Coalesce", "coalesce", ()),
    ("text.count_vectorizer", "CountVectorizer", "count_vectorizer", ("CountVectorizerModel",)),
    ("features.dct", "DCT", "dct", ("DCT",)),
    (
        "trees.decision_tree_classifier",
        "DecisionTreeClassifier",
        "decision_tree_classifier",
        ("DecisionTreeClassificationModel",),
    ),
    (
        "trees.decision_tree_regression",
        "DecisionTreeRegression",
        "decision_tree_regression",
        ("DecisionTreeRegressionModel",),
    ),
    ("features.elementwise_product", "ElementwiseProduct", "elementwise_product", ("ElementwiseProduct",)),
    ("features.feature_hasher", "FeatureHasher", "feature_hasher", ("FeatureHasher",)),
    ("models.fm_classifier", "FMClassifier", "fm_classifier", ("FMClassificationModel",)),
    ("models.fm_regressor", "FMRegressor", "fm_regressor", ("FMRegressionModel",)),
    ("clustering.gaussian_mixture", "GaussianMixture", "gaussian_mixture", ("GaussianMixtureModel",)),
    ("trees.gbt_classifier", "GBTClassifier", "gbt_classifier", ("GBTClassificationModel",)),
    ("trees.gbt_regression", "GBTRegression", "gbt_regression", ("GBTRegressionModel",)),
    (
        "models.generalized_linear_regression",
        "GeneralizedLinearRegression",
        "generalized_linear_regression",
        ("GeneralizedLinearRegressionModel",),
    ),
    ("text.hashing_tf", "HashingTF", "hashing_term_frequency", ("HashingTF",)),
    ("text.idf", "IDF", "idf", ("IDFModel",)),
    ("features.imputer", "Imputer", "imputer", ("ImputerModel",)),
    ("features.interaction", "Interaction", "interaction", ("Interaction",)),
    ("models.isotonic_regression", "IsotonicRegression", "isotonic_regression", ("IsotonicRegressionModel",)),
    ("clustering.k_means", "KMeans", "k_means", ("KMeansModel",)),
    ("clustering.lda", "LDA", "lda_local_model_op", ("LocalLDAModel", "DistributedLDAModel")),
    ("models.linear_regression", "LinearRegression", "linear_regression", ("LinearRegressionModel",)),
    ("models.linear_svc", "LinearSVC", "linear_svc", ("LinearSVCModel",)),
    ("models.logistic_regression", "LogisticRegression", "logistic_regression", ("LogisticRegressionModel",)),
    ("extras.map_entry_selector", "MapEntrySelector", "map_entry_selector", ()),
    ("extras.math_binary", "MathBinary", "math_binary", ()),
    ("extras.math_unary", "MathUnary", "math_unary", ()),
    ("features.max_abs_scaler", "MaxAbsScaler", "max_abs_scaler", ()),
    ("features.min_hash_lsh", "MinHashLSH", "min_hash_lsh", ("MinHashLSHModel",)),
    ("features.min_max_scaler", "MinMaxScaler", "min_max_scaler", ("MinMaxScalerModel",)),
    (
        "models.multi_layer_perceptron_classifier",
        "MultiLayerPerceptronClassifier",
        "multi_layer_perceptron_classifier",
        ("MultilayerPerceptronClassificationModel",),
    ),
    ("extras.multinomial_labeler", "MultinomialLabeler", "multinomial_labeler", ()),
    ("models.naive_bayes", "NaiveBayes", "naive_bayes", ("NaiveBayesModel",)),
    ("text.ngram", "NGram", "ngram", ("NGram",)),
    ("features.normalizer", "Normalizer", "normalizer", ("Normalizer",)),
    ("features.one_hot_encoder", "OneHotEncoder", "one_hot_encoder", ("OneHotEncoderModel",)),
    ("models.one_vs_rest", "OneVsRest", "one_vs_rest", ("OneVsRestModel",)),
    ("features.pca", "PCA", "pca", ("PCAModel",)),
    ("features.polynomial_expansion", "PolynomialExpansion", "polynomial_expansion", ("PolynomialExpansion",)),
    ("features.r_formula", "RFormula", "r_formula", ("RFormulaModel",)),
    (
        "trees.random_forest_classifier",
        "RandomForestClassifier",
        "random_forest_classifier",
        ("RandomForestClassificationModel",),
    ),
    (
        "trees.random_forest_regression",
        "RandomForestRegression",
        "random_forest_regression",
        ("RandomForestRegressionModel",),
    ),
    (
        "features.random_projection_lsh",
        "BucketedRandomProjectionLSH",
        "bucketed_random_projection_lsh",
        ("BucketedRandomProjectionLSHModel",),
    ),
    ("extras.regex_indexer", "RegexIndexer", "regex_indexer", ()),
    ("text.regex_tokenizer", "RegexTokenizer", "regex_tokenizer", ("RegexTokenizer",)),
    ("features.reverse_string_indexer", "IndexToString", "reverse_string_indexer", ("IndexToString",)),
    ("extras.sklearn_binarizer", "SklearnBinarizer", "sklearn_binarizer", ()),
    ("extras.sklearn_polynomial_expansion", "SklearnPolynomialExpansion", "sklearn_polynomial_expansion", ()),
    ("trees.spark_xgboost", "SparkXGBClassifier", "spark_xgb_classifier", ("SparkXGBClassifierModel",)),
    (
        "trees.spark_xgboost",
        "SparkXGBRegressor",
        "spark_xgb_regressor",
        ("SparkXGBRegressorModel", "SparkXGBRankerModel"),
    ),
    ("sql.sql_transformer", "SQLTransformer", "sql_transformer", ("SQLTransformer",)),
    (
        "features.standard_scaler",
        "StandardScaler",
        "standard_scaler",
        ("StandardScalerModel", "RobustScalerModel", "MaxAbsScalerModel"),
    ),
    ("text.stop_words_remover", "StopWordsRemover", "stopwords_remover", ("StopWordsRemover",)),
    ("features.string_indexer", "StringIndexer", "string_indexer", ("StringIndexerModel",)),
    ("extras.string_map", "StringMap", "string_map", ()),
    ("extras.support_vector_machine", "SupportVectorMachine", "support_vector_machine", ()),
    ("text.tokenizer", "Tokenizer", "tokenizer", ("Tokenizer",)),
    ("features.vector_assembler", "VectorAssembler", "vector_assembler", ("VectorAssembler",)),
    ("features.vector_indexer", "VectorIndexer", "vector_indexer", ("VectorIndexerModel",)),
    ("features.vector_size_hint", "VectorSizeHint", "vector_size_hint", ("VectorSizeHint",)),
    ("features.vector_slicer", "VectorSlicer", "vector_slicer", ("VectorSlicer",)),
    ("text.word2vec", "Word2Vec", "word_to_vector", ("Word2VecModel",)),
    ("extras.word_filter", "WordFilter", "word_filter", ()),
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
