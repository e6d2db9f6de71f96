"""one_vs_rest: a classifier a class, the surest wins."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Model, Node, Operator, Shape, Types
from pipeline.operators.models.classifier import greatest, output_ports
from pipeline.operators.registry import operator_for
from pipeline.operators.values import long

# Where MLeap's runtime, which compares probabilities, comes to the same class as Spark: the probability rises with the
# raw prediction, and tells them apart as long as it is not 1 itself.
_IN_MLEAP = ("logistic_regression", "gbt_classifier")


class OneVsRest(Model):
    """Spark's `OneVsRestModel` over any classifier of two classes.

    In: vectors. Out: `raw_prediction`, each classifier's raw prediction of its own class; `prediction`, the place of
    the greatest, the first of equals. Refused rows are those that a classifier refuses.
    MLeap's runtime compares probabilities, and of classifiers without them the predictions; where that is not the same
    the instance is not `in_mleap`.
    Source: org.apache.spark.ml.classification.OneVsRestModel.
    """

    op = "one_vs_rest"
    stages = ("OneVsRestModel",)

    def __init__(self, classifiers: Sequence[Model], num_features: int) -> None:
        self.classifiers = tuple(classifiers)
        self.num_features = num_features
        self.in_mleap = all(one.in_mleap and one.op in _IN_MLEAP for one in self.classifiers)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        classifiers = []
        for model in stage.models:
            nodes = operator_for(model).from_spark(model, types)
            operator = nodes[0].operator
            if len(nodes) != 1 or not isinstance(operator, Model) or not _is_binary(operator):
                raise UnsupportedStageError(
                    f"stage {stage.uid!r}: a {type(model).__name__} has no raw predictions of two"
                )
            classifiers.append(operator)
        ports = output_ports(stage, raw_prediction="rawPredictionCol", prediction="predictionCol")
        operator = cls(classifiers, stage.models[0].numFeatures)
        return [Node(stage.uid, operator, Shape({"features": stage.getFeaturesCol()}, ports))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "OneVsRest":
        classifiers = []
        for at in range(attributes.need("num_classes", int)):
            operator = attributes.folder.model(f"model{at}")
            if not isinstance(operator, Model) or not _is_binary(operator):
                raise BundleError(
                    f"{attributes.where}: model{at}, a {operator.op}, has no raw predictions of two classes"
                )
            classifiers.append(operator)
        if not classifiers:
            raise BundleError(f"{attributes.where}: num_classes is below 1")
        return cls(classifiers, attributes.need("num_features", int))

    def attributes(self) -> Dict[str, Any]:
        return {"num_classes": long(len(self.classifiers)), "num_features": long(self.num_features)}

    def files(self) -> Dict[str, bytes]:
        return {
            name: content
            for at, one in enumerate(self.classifiers)
            for name, content in one.model_files(f"model{at}/").items()
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.num_features)]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {"raw_prediction": ColumnType("vector", len(self.classifiers)), "prediction": ColumnType("number")}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        raw = np.column_stack([_of_class(one, inputs) for one in self.classifiers])
        return {"raw_prediction": Dense(raw), "prediction": Numbers(greatest(raw))}


def _of_class(classifier: Model, inputs: Sequence[AnyColumn]) -> Any:
    raw = classifier.score(inputs, ["raw_prediction"])["raw_prediction"]
    assert isinstance(raw, Dense)
    return raw.values[:, 1]


def _is_binary(operator: Operator) -> bool:
    if not isinstance(operator, Model):
        return False
    port = operator.port_types(operator.input_types(1)).get("raw_prediction")
    return port is not None and port.kind == "vector" and port.size == 2
