"""Random trees, pipelines and rows for the compiled kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.bundle.reader import Bundle
from pipeline.operators.base import Node, Operator, Shape
from pipeline.operators.features.binarizer import Binarizer
from pipeline.operators.features.bucketizer import Bucketizer
from pipeline.operators.features.elementwise_product import ElementwiseProduct
from pipeline.operators.features.imputer import Imputer
from pipeline.operators.features.max_abs_scaler import MaxAbsScaler
from pipeline.operators.features.min_max_scaler import MinMaxScaler
from pipeline.operators.features.one_hot_encoder import OneHotEncoder
from pipeline.operators.features.standard_scaler import StandardScaler
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.operators.models.linear import LinearFunctions
from pipeline.operators.models.linear_regression import LinearRegression
from pipeline.operators.trees.decision_tree_regression import DecisionTreeRegression
from pipeline.operators.trees.random_forest_regression import RandomForestRegression
from pipeline.operators.trees.tree import LEAF, Tree
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest

LABELS = ("M", "F", "", "ü", "漢字", "a b")
SCHEMA = Schema(
    (
        Column("sex", "string", nullable=True),
        Column("d", "double", nullable=True),
        Column("f", "float"),
        Column("i", "int"),
        Column("l", "long"),
        Column("b", "boolean"),
        Column("other", "string", nullable=True),
    )
)


def node(operator: Operator, inputs: list[str], outputs: dict[str, str]) -> Node:
    """A node whose inputs are numbered ports."""
    return Node(
        f"{operator.op}_{'_'.join(outputs.values())}",
        operator,
        Shape({f"input{at}": name for at, name in enumerate(inputs)}, outputs),
    )


def feature_nodes(random: np.random.Generator) -> list[Node]:
    """A pipeline of the operators that rows are compiled from, ending in the column `features` of 12 values."""
    keep = bool(random.integers(2))
    policy = "keep" if keep else "error"
    size = len(LABELS) + keep
    splits = [-np.inf, *sorted({*np.round(random.normal(size=3), 2).tolist(), 0.0}), np.inf]
    width = size + (1 if keep else 0) - 1
    mean, std = random.normal(size=4), np.where(random.random(4) < 0.2, 0.0, np.abs(random.normal(size=4)))
    scaler = (
        StandardScaler(mean if random.integers(2) else None, std),
        MinMaxScaler(mean, mean + std, -1.0, 2.0),
        ElementwiseProduct(mean),
        MaxAbsScaler(std),
    )[random.integers(4)]
    return [
        node(StringIndexer(LABELS, policy), ["sex"], {"output": "sex_index"}),
        node(OneHotEncoder([size], True, policy), ["sex_index"], {"output0": "sex_hot"}),
        node(Imputer(float(random.normal()), float(random.choice([np.nan, -1.0])), "mean"), ["d"], {"output": "full"}),
        node(Bucketizer(splits, policy), ["full"], {"output": "bucket"}),
        node(Binarizer(0.1), ["f"], {"output": "above"}),
        node(VectorAssembler([1, 1, 1, 1], policy), ["full", "f", "i", "l"], {"output": "numbers"}),
        node(scaler, ["numbers"], {"output": "scaled"}),
        node(
            VectorAssembler([width, 1, 1, 1, 4], policy, [False, True, True, True, False]),
            ["sex_hot", "bucket", "above", "b", "scaled"],
            {"output": "features"},
        ),
    ]


def feature_count(nodes: list[Node]) -> int:
    """How many features the pipeline makes."""
    sizes: list[int] = nodes[-1].operator.sizes  # type: ignore[attr-defined]
    return sum(sizes)


def parts(nodes: list[Node], booster: bytes | None) -> Parts:
    """What a scorer is made of."""
    return Parts(Bundle("native", "json", "0.23.4", tuple(nodes)), SCHEMA, booster, Manifest(features="features"))


def random_tree(random: np.random.Generator, features: int, depth: int) -> Tree:
    """A tree of Spark's, ragged, in pre-order."""
    ids: list[int] = []
    thresholds: list[float] = []

    def grow(left: int) -> None:
        if left == 0 or random.random() < 0.2:
            ids.append(LEAF)
            thresholds.append(0.0)
            return
        ids.append(int(random.integers(features)))
        thresholds.append(float(random.choice([0.0, -0.0, 1.0, random.normal()])))
        grow(left - 1)
        grow(left - 1)

    grow(depth)
    count = ids.count(LEAF)
    return Tree(np.array(ids), np.array(thresholds), {}, random.normal(size=(count, 1)))


def regression(random: np.random.Generator, features: int) -> Operator:
    """A model of Spark's that rows are compiled from."""
    if random.integers(2):
        return LinearRegression(LinearFunctions(random.normal(size=features), random.normal()))
    trees = [random_tree(random, features, int(random.integers(1, 7))) for _ in range(int(random.integers(1, 20)))]
    return RandomForestRegression([DecisionTreeRegression(tree, features) for tree in trees], features)


def booster(random: np.random.Generator, features: int, **settings: Any) -> bytes:
    """A model that XGBoost itself trained, on rows with missing values."""
    import xgboost

    rows = random.normal(size=(300, features)).round(1)
    rows[random.random(rows.shape) < 0.1] = np.nan
    label = np.nan_to_num(rows[:, 0]) * 2 + np.nan_to_num(rows[:, -1]) + random.normal(size=len(rows)) * 0.1
    objective = settings.get("objective", "reg:squarederror")
    if objective.startswith("multi"):
        label = np.digitize(label, [-1, 1]).astype(float)
    elif objective.startswith(("binary", "reg:logistic")):
        label = (label > 0).astype(float)
    elif objective != "reg:squarederror":
        label = np.abs(label) + 0.1
    rounds = settings.pop("rounds", 12)
    kinds = settings.pop("feature_types", None)
    if kinds is not None:
        rows[:, 0] = random.integers(0, 70, len(rows))
    matrix = xgboost.DMatrix(rows, label, feature_types=kinds, enable_categorical=kinds is not None)
    trained = xgboost.train({"nthread": 1, "seed": 1, **settings}, matrix, rounds)
    return bytes(trained.save_raw("ubj"))
