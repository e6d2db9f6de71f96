"""spark_xgb_classifier, spark_xgb_regressor: the models of `xgboost.spark`, scored by libxgboost itself."""

from __future__ import annotations

import json
import math
from functools import cached_property
from typing import Any, Dict, List, Sequence, Tuple, Type, TypeVar

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers, Sparse
from pipeline.errors import BundleError, ModelError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Model, Node, Shape, Types
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.operators.features.vectors import of_size
from pipeline.operators.models.classifier import output_ports
from pipeline.operators.values import boolean, long

_BOOSTER = "booster.json"
# What makes more columns, or takes more, than a row's features.
_REFUSED = ("base_margin_col", "pred_contrib_col")

One = TypeVar("One", bound="SparkXGBModel")


class SparkXGBModel(Model):
    """A booster; `document` is XGBoost's own JSON of it, which stands beside `model.json` as `booster.json`.

    In: vectors of as many values as the booster has features, rounded to float32; NaN is missing, and, where
    `zeros_are_missing`, zero too, stored or not. Early stopping's surplus trees are left out when the bundle is
    written. Scoring needs XGBoost's library; writing and reading a bundle do not.
    """

    in_mleap = False

    def __init__(self, document: Dict[str, Any], zeros_are_missing: bool) -> None:
        self.document = document
        self.zeros_are_missing = zeros_are_missing
        parameters = document["learner"]["learner_model_param"]
        self.num_features = int(parameters["num_feature"])
        self.num_classes = max(2, int(parameters["num_class"]))

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        for name in _REFUSED:
            if stage.isDefined(name) and stage.getOrDefault(name):
                raise UnsupportedStageError(
                    f"stage {stage.uid!r}: {name} cannot be expressed", hint=f"leave {name} out"
                )
        missing = float(stage.getOrDefault("missing"))
        if not math.isnan(missing) and missing != 0:
            raise UnsupportedStageError(
                f"stage {stage.uid!r}: missing={missing:g} cannot be expressed", hint="let NaN or 0 stand for missing"
            )
        operator = cls(_document(stage.get_booster()), missing == 0)
        nodes, features = _features(stage)
        return [*nodes, Node(stage.uid, operator, Shape({"features": features}, cls._ports(stage)))]

    @classmethod
    def _ports(cls, stage: Any) -> Dict[str, str]:
        raise NotImplementedError

    @classmethod
    def from_attributes(cls: Type[One], attributes: Attributes) -> One:
        documents = attributes.folder.lines(_BOOSTER)
        where = attributes.where.replace("model.json", _BOOSTER)
        if len(documents) != 1:
            raise BundleError(f"{where}: {len(documents)} documents, expected 1")
        from pipeline.scoring.model_check import check_document

        try:
            check_document(documents[0])
        except ModelError as error:
            raise BundleError(f"{where}: {error.message}") from error
        return cls(documents[0], attributes.need("zeros_are_missing", bool))

    def attributes(self) -> Dict[str, Any]:
        return {"num_features": long(self.num_features), "zeros_are_missing": boolean(self.zeros_are_missing)}

    def files(self) -> Dict[str, bytes]:
        return {_BOOSTER: self._content() + b"\n"}

    def _content(self) -> bytes:
        return json.dumps(self.document, separators=(",", ":")).encode()

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.num_features)]

    @cached_property
    def _booster(self) -> Any:
        from pipeline.scoring.booster import Booster

        return Booster(self._content(), zeros_are_missing=self.zeros_are_missing)

    def predict(self, column: AnyColumn, *, margin: bool = False) -> "np.ndarray[Any, Any]":
        """What the booster says of each row, as float32."""
        vectors = of_size(column, self.num_features)
        assert isinstance(vectors, (Dense, Sparse))
        found: "np.ndarray[Any, Any]" = self._booster.predict(vectors, margin=margin)
        return found


class SparkXGBRegressor(SparkXGBModel):
    """XGBoost's `SparkXGBRegressorModel` and `SparkXGBRankerModel`: `prediction`; see SparkXGBModel.

    Source: xgboost.spark.SparkXGBRegressorModel.
    """

    op = "spark_xgb_regressor"
    stages = ("SparkXGBRegressorModel", "SparkXGBRankerModel")

    @classmethod
    def _ports(cls, stage: Any) -> Dict[str, str]:
        return output_ports(stage, prediction="predictionCol")

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {"prediction": ColumnType("number")}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        return {"prediction": Numbers(self.predict(inputs[0]).astype(np.float64))}


class SparkXGBClassifier(SparkXGBModel):
    """XGBoost's `SparkXGBClassifierModel`; see SparkXGBModel.

    Out: `raw_prediction`, the margins, of two classes the negative one first; `probability`, by the logistic function
    or softmax, in float32; `prediction`, the place of the greatest probability, the first of equals.
    Source: xgboost.spark.SparkXGBClassifierModel.
    """

    op = "spark_xgb_classifier"
    stages = ("SparkXGBClassifierModel",)

    @classmethod
    def _ports(cls, stage: Any) -> Dict[str, str]:
        return output_ports(
            stage, raw_prediction="rawPredictionCol", probability="probabilityCol", prediction="predictionCol"
        )

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        vector = ColumnType("vector", self.num_classes)
        return {"raw_prediction": vector, "probability": vector, "prediction": ColumnType("number")}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        raw, probabilities = _classified(self.predict(inputs[0], margin=True))
        return {
            "raw_prediction": Dense(raw.astype(np.float64)),
            "probability": Dense(probabilities.astype(np.float64)),
            "prediction": Numbers(probabilities.argmax(axis=1).astype(np.float64)),
        }


def _classified(margins: "np.ndarray[Any, Any]") -> "Tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    if margins.ndim == 1:
        with np.errstate(over="ignore"):
            second = np.float32(1) / (np.float32(1) + np.exp(-margins))
        return np.column_stack([-margins, margins]), np.column_stack([np.float32(1) - second, second])
    powers = np.exp(margins - margins.max(axis=1, keepdims=True, initial=-np.inf))
    return margins, powers / powers.sum(axis=1, keepdims=True)


def _document(booster: Any) -> Dict[str, Any]:
    # XGBoost's scikit-learn models predict with the trees up to the best one.
    if booster.attr("best_iteration") is not None and "gblinear" not in booster.save_config():
        booster = booster[: booster.best_iteration + 1]
    document: Dict[str, Any] = json.loads(bytes(booster.save_raw("json")))
    return document


def _features(stage: Any) -> Tuple[List[Node], str]:
    """The column of the features, and what makes it where the stage itself takes several columns."""
    columns = stage.getOrDefault("features_cols") if stage.isDefined("features_cols") else []
    if not columns:
        return [], str(stage.getOrDefault("featuresCol"))
    name = f"{stage.uid}_features"
    assembler = VectorAssembler([1] * len(columns), "keep")
    ports = {f"input{place}": column for place, column in enumerate(columns)}
    return [Node(name, assembler, Shape(ports, {"output": name}))], name
