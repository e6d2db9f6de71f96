"""Model files that are damaged or hostile: refused before libxgboost reads them."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from pipeline.columns import Dense
from pipeline.errors import ModelError
from pipeline.scoring import ubj
from pipeline.scoring.booster import Booster
from pipeline.scoring.model_check import check_document
from pipeline.scoring.model_document import read_document

RANDOM = np.random.default_rng(3)
ROWS = RANDOM.normal(size=(200, 4))
ROWS[:, 3] = RANDOM.integers(0, 12, 200)
LABEL = ROWS[:, 0] + (ROWS[:, 3] % 2)
KINDS: dict[str, dict[str, Any]] = {
    "trees": {},
    "classes": {"objective": "multi:softprob", "num_class": 3},
    "dart": {"booster": "dart", "rate_drop": 0.3},
    "gblinear": {"booster": "gblinear"},
    "categories": {"max_cat_to_onehot": 2, "tree_method": "hist"},
    "vectors": {"multi_strategy": "multi_output_tree", "tree_method": "hist"},
}


@cache
def trained(kind: str) -> xgboost.Booster:
    labels = {"classes": ROWS[:, 3] % 3, "vectors": np.column_stack([LABEL, -LABEL])}
    kinds = {"feature_types": ["q", "q", "q", "c"], "enable_categorical": True} if kind == "categories" else {}
    depth = {} if kind == "gblinear" else {"max_depth": 3}
    data = xgboost.DMatrix(ROWS, labels.get(kind, LABEL), **kinds)
    return xgboost.train({**KINDS[kind], **depth, "nthread": 1}, data, 4)


def document(kind: str) -> Any:
    return json.loads(trained(kind).save_raw("json"))


def bytes_of(document: Any) -> bytes:
    return json.dumps(document).encode()


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('the pickle was run')",))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (pickle.dumps(Hostile()), "pickle"),
        (pickle.dumps(Hostile(), protocol=0), "UBJ nor JSON|pickle"),
        (b"", "UBJ nor JSON"),
        (b"binf\x00\x00", "UBJ nor JSON"),
        (b"{", "UBJ nor JSON"),
        (b"{}", "UBJ nor JSON"),
        (b'{"learner": 1}', "learner is no object"),
        (b'{"version": [3, 2, 0]}', "learner is missing"),
        (b'{"learner": {}, "learner": {}}', "a key stands twice"),
        (b'{"a": ' + b"[" * 100_000, "damaged"),
        (b'{"a": 1} x', "damaged"),
    ],
)
def test_a_file_that_is_no_model(content: bytes, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Booster(content)


@pytest.mark.parametrize("kind", KINDS)
def test_ubj_says_what_json_says(kind: str) -> None:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, np.ndarray):
            return value.astype(np.float32 if value.dtype.kind == "f" else np.int64).tolist()
        return list(map(plain, value)) if isinstance(value, list) else value

    def rounded(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: rounded(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return list(map(rounded, value))
        return float(np.float32(value)) if isinstance(value, float) else value

    assert rounded(plain(ubj.loads(bytes(trained(kind).save_raw("ubj"))))) == rounded(document(kind))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "ends at byte 1"),
        (b"{L" + bytes(7) + b"\x01a", "ends at byte"),
        (b"{L" + bytes(7) + b"\x01aZL" + bytes(7) + b"\x01aZ}", "'a' stands twice"),
        (b"[$d#L" + b"\x7f" * 8, "ends at byte"),
        (b"[$l#L" + b"\xff" * 8, "is negative"),
        (b"[$x#L" + bytes(8), "of an unknown type"),
        (b"[#l" + bytes(8), "a length is missing"),
        (b"SL" + bytes(7) + b"\x01\xff", "utf-8"),
        (b"[" * 100 + b"]" * 100, "nested too deeply"),
        (b"[i\x01?]", "begins no value"),
        (b"ZZ", "1 bytes are left over"),
    ],
)
def test_ubj_that_is_damaged(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ubj.loads(content)


def test_ubj_of_every_kind() -> None:
    assert ubj.loads(b"[#L" + bytes(7) + b"\x05ZTFi\xfeU\xfe") == [None, True, False, -2, 254]
    assert ubj.loads(b"[I\xff\xfel\xff\xff\xff\xfed?\x80\x00\x00D?\xf0" + bytes(6) + b"]") == [-2, -2, 1.0, 1.0]
    assert ubj.loads(b"[$I#L" + bytes(7) + b"\x02\x00\x01\xff\xff").tolist() == [1, -1]


def booster_of(model: Any) -> Any:
    return model["learner"]["gradient_booster"]


def tree_of(model: Any) -> Any:
    return booster_of(model)["model"]["trees"][1]


def put(name: str, place: int, value: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        tree_of(model)[name][place] = value

    return change


def circle(model: Any) -> None:
    tree = tree_of(model)
    inner = [node for node, child in enumerate(tree["left_children"]) if child != -1]
    tree["left_children"][inner[-1]] = inner[1]


CHANGES: list[tuple[str, Callable[[Any], Any], str]] = [
    ("trees", put("left_children", 0, 10_000), "a child is not there, in tree 1"),
    ("trees", put("right_children", 0, -5), "a child is not there"),
    ("trees", put("right_children", 0, 0), "a child is not there"),
    ("trees", put("left_children", 0, 2), "a node has two parents"),
    ("trees", circle, "a node has two parents"),
    ("trees", put("parents", 1, 10_000), "a parent is not there"),
    ("trees", put("split_indices", 0, 4), "a feature is not there"),
    ("trees", put("left_children", 0, 1 << 70), "left_children are not whole numbers"),
    ("trees", lambda model: tree_of(model)["left_children"].pop(), "left_children are"),
    ("trees", lambda model: tree_of(model).update(id=0), "its id is not its place"),
    ("trees", lambda model: tree_of(model)["tree_param"].update(num_nodes="0"), "left_children are"),
    ("trees", lambda model: tree_of(model)["tree_param"].update(num_nodes=15), "num_nodes is no whole number"),
    ("trees", lambda model: booster_of(model)["model"]["trees"].pop(), "tree_info are 4, not 3"),
    ("trees", lambda model: booster_of(model)["model"]["tree_info"].__setitem__(0, 1), "tree_info names a class"),
    ("trees", lambda model: booster_of(model)["model"].update(iteration_indptr=[]), "iteration_indptr"),
    ("trees", lambda model: booster_of(model)["model"].update(iteration_indptr=[0, 9, 4]), "iteration_indptr"),
    ("trees", lambda model: booster_of(model)["model"]["cats"].update(enc=[{}]), "categories by name"),
    ("trees", lambda model: booster_of(model).update(name="tree"), "there is no booster 'tree'"),
    ("trees", lambda model: model["learner"]["learner_model_param"].update(num_target="9999"), "more classes than"),
    ("trees", lambda model: model["learner"]["learner_model_param"].update(num_feature="1"), "a feature is not there"),
    ("classes", lambda model: model["learner"]["learner_model_param"].update(num_class="4"), "num_class is said in"),
    ("dart", lambda model: booster_of(model)["weight_drop"].pop(), "weight_drop has not one weight a tree"),
    ("gblinear", lambda model: booster_of(model)["model"]["weights"].pop(), "gblinear's weights"),
    ("categories", put("categories_segments", 0, 10_000), "a categorical split has no categories"),
    ("categories", put("categories_sizes", 0, 1 << 40), "a categorical split has no categories"),
    ("categories", put("categories", 0, -1), "a category is out of range"),
    ("categories", put("split_type", 0, 9), "split_type and categories_nodes differ"),
    ("vectors", lambda _: None, "leaves are vectors"),
]


@pytest.mark.parametrize(("kind", "change", "words"), CHANGES)
def test_a_model_that_does_not_hold_together(kind: str, change: Callable[[Any], Any], words: str) -> None:
    model = document(kind)
    if kind != "vectors":
        check_document(model)
    change(model)
    with pytest.raises(ModelError, match=words):
        Booster(bytes_of(model))


def test_what_is_left_to_xgboost_is_refused_too() -> None:
    model = document("trees")
    model["learner"]["objective"]["name"] = "reg:unknown"
    with pytest.raises(ModelError, match="XGBoost refuses"):
        Booster(bytes_of(model))


def test_categories_predict_what_xgboost_predicts() -> None:
    booster = Booster(bytes(trained("categories").save_raw("ubj")))
    data = xgboost.DMatrix(ROWS, feature_types=["q", "q", "q", "c"], enable_categorical=True)
    assert booster.predict(Dense(ROWS)).tobytes() == trained("categories").predict(data).tobytes()


PROGRAM = r"""
import sys
from pathlib import Path
import numpy as np
from pipeline.columns import Dense
from pipeline.errors import ModelError
from pipeline.scoring.booster import Booster
rows = np.random.default_rng(1).normal(size=(64, 4))
counts = {"refused": 0, "predicted": 0}
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        booster = Booster(path.read_bytes(), threads=1)
        if booster.num_feature == 4:
            booster.predict(Dense(rows))
        counts["predicted"] += 1
    except ModelError:
        counts["refused"] += 1
print(*counts.values())
"""


@pytest.mark.parametrize("form", ["ubj", "json"])
def test_no_damage_ends_the_process(form: str, tmp_path: Path) -> None:
    chance = np.random.default_rng(11)
    count = 300
    for number in range(count):
        model = bytearray(trained(list(KINDS)[number % 5]).save_raw(form))
        at = int(chance.integers(len(model)))
        if number % 3:
            model[at] ^= 1 << int(chance.integers(8))
        else:
            del model[at : at + int(chance.choice([1, 50, len(model)]))]
        (tmp_path / f"{number:04}").write_bytes(model)
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    refused, predicted = map(int, done.stdout.split())
    assert refused + predicted == count
    assert refused > predicted > 0


def test_a_document_is_taken_for_what_libxgboost_takes_it_for() -> None:
    # Spaces before a key are JSON; a letter is UBJ, whose keys begin with the type of their length.
    assert read_document(b'{ \n"a": 1}') == {"a": 1}
    assert read_document(b"{L" + bytes(7) + b"\x01ai\x01}") == {"a": 1}
