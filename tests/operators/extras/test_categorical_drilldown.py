"""categorical_drilldown: its bundle goes round, and each row through its own model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from mleap_cases import bundle_of, scorer_of
from text_cases import from_attributes

from pipeline.bundle.reader import read_bundle
from pipeline.columns import Text
from pipeline.errors import BundleError, DataError
from pipeline.operators.base import Operator, Shape
from pipeline.operators.extras.categorical_drilldown import CategoricalDrilldown
from pipeline.operators.extras.string_map import StringMap
from pipeline.operators.text.hashing_tf import HashingTF
from pipeline.operators.text.idf import IDF
from pipeline.operators.text.tokenizer import Tokenizer

SHAPE = Shape({"drilldown.input": "s", "label": "l"}, {"drilldown.output": "o"})
MAPS = CategoricalDrilldown(["x", "é"], [StringMap(["a", "b"], [1.0, 2.0]), StringMap(["a"], [10.0], "keep", -1.0)])


def test_each_row_goes_through_its_own_model(tmp_path: Path) -> None:
    scorer = scorer_of(MAPS, SHAPE, tmp_path)
    table = pa.table({"s": ["a", "a", "b", "b"], "l": ["x", "é", "é", "x"]})
    assert scorer.transform(table, ["o"])["o"].to_pylist() == [1.0, 10.0, -1.0, 2.0]
    assert scorer.transform(table.slice(0, 0), ["o"]).num_rows == 0


def test_a_refused_row_is_counted_among_all(tmp_path: Path) -> None:
    scorer = scorer_of(MAPS, SHAPE, tmp_path)
    for table, row, column in (
        ({"s": ["new", "a", "new"], "l": ["é", "x", "x"]}, 3, "s"),
        ({"s": ["a", "a"], "l": ["x", "z"]}, 2, "l"),
        ({"s": ["a", "a"], "l": ["x", None]}, 2, "l"),
    ):
        with pytest.raises(DataError) as caught:
            scorer.transform(pa.table(table), ["o"])
        assert (caught.value.row, caught.value.column) == (row, column)


@given(labels=st.lists(st.sampled_from("abc"), min_size=1, max_size=30))
def test_vectors_come_back_in_their_rows(labels: list[str]) -> None:
    models = [IDF(np.full(4, factor), [], 0) for factor in (1.0, 10.0, 100.0)]
    operator = CategoricalDrilldown(list("abc"), models)
    vectors = HashingTF(4, False).apply(Tokenizer().apply([_text(labels)]))[0]
    made = operator.columns_of([vectors, _text(labels)], ["drilldown.output"])[0]
    factors = np.array([10.0 ** "abc".index(label) for label in labels])
    assert made.dense().values.tolist() == (vectors.dense().values * factors[:, None]).tolist()


def test_texts_come_back_in_their_rows() -> None:
    operator = CategoricalDrilldown(["a", "b"], [_Suffix("1"), _Suffix("2")])
    made = operator.columns_of([_text(["x", "y", "x"]), _text(["b", "a", "b"])], ["drilldown.output"])[0]
    assert [made[row] for row in range(3)] == ["x2", "y1", "x2"]


def test_mleaps_runtime_cannot_load_its_own_operator(engines: Conformance, tmp_path: Path) -> None:
    if engines.runtime is None:
        pytest.skip("MLeap's runtime is not to be had")
    path = bundle_of(MAPS, SHAPE, tmp_path)
    assert not read_bundle(path).nodes[0].operator.in_mleap
    with pytest.raises(BundleError, match="cast"):
        engines.runtime.load(path)
    engines.record.note("categorical_drilldown", "runtime", "cannot load it")


def test_models_that_differ_in_kind_are_refused(tmp_path: Path) -> None:
    for models in ([StringMap([], []), HashingTF(4, False)], [Tokenizer(), StringMap([], [])]):
        path = bundle_of(CategoricalDrilldown(["a", "b"], models), SHAPE, tmp_path)
        with pytest.raises(BundleError, match="different kinds"):
            read_bundle(path)


@pytest.mark.parametrize("values", [{}, {"labels": []}, {"labels": ["a", "a"]}, {"labels": ["a"]}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(CategoricalDrilldown, **values)


class _Suffix(Operator):
    """Text with an end of its own."""

    def __init__(self, end: str) -> None:
        self.end = end

    def columns_of(self, inputs: Any, ports: Any) -> list[Any]:
        return [Text(inputs[0].codes, [word + self.end for word in inputs[0].words])]


def _text(texts: list[str]) -> Text:
    return Text(np.arange(len(texts), dtype=np.int32), texts)
