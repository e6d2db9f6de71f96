"""sklearn_binarizer: MLeap's name for scikit-learn's Binarizer."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from pipeline.errors import BundleError
from pipeline.operators.base import Attributes
from pipeline.operators.features.binarizer import Binarizer
from pipeline.operators.values import double, shape_list


class SklearnBinarizer(Binarizer):
    """A Binarizer whose bundle has a list of input shapes, of which the first counts; see Binarizer.

    Source: ml.combust.mleap.bundle.ops.sklearn.BinarizerOp.
    """

    op = "sklearn_binarizer"
    stages = ()

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> Binarizer:
        shapes: List[Tuple[int, ...]] = attributes.need_list("input_shapes", tuple)
        if not shapes:
            raise BundleError(f"{attributes.where}: input_shapes is empty")
        return cls._shaped(attributes, shapes[0])

    def attributes(self) -> Dict[str, Any]:
        return {"threshold": double(self.threshold), "input_shapes": shape_list([self._shape()])}
