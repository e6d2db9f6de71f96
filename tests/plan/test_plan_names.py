"""Names: valid, deterministic, and different for different runs, however long the parts are."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.plan.names import LONGEST, LONGEST_TUNING, resource_name

VALID = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
PIPELINES = st.from_regex(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,39}", fullmatch=True).filter(lambda name: len(name) <= 40)
KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", fullmatch=True)
SUFFIXES = st.sampled_from(["etl", "train", "tune", "model", "config", "endpoint", "batch"])
LENGTHS = st.sampled_from([LONGEST, LONGEST_TUNING])


@pytest.mark.parametrize(
    ("pipeline", "run", "suffix", "name"),
    [
        ("abalone", "20261121T1530", "etl", "abalone-20261121T1530-etl"),
        ("a-b", "1", "model", "a-b-1-model"),
    ],
)
def test_a_plain_name_says_all_its_parts(pipeline: str, run: str, suffix: str, name: str) -> None:
    assert resource_name(pipeline, run, suffix) == name


@pytest.mark.parametrize("run", ["2026-11-21", "a.b", "a_b", "é", "-"])
def test_what_is_spelled_otherwise_ends_in_a_hash(run: str) -> None:
    assert re.fullmatch(r"abalone-\w*-?[0-9a-f]{8}-etl", resource_name("abalone", run, "etl"))


@given(PIPELINES, KEYS, SUFFIXES, LENGTHS)
def test_a_name_is_one_that_sagemaker_takes(pipeline: str, run: str, suffix: str, longest: int) -> None:
    name = resource_name(pipeline, run, suffix, longest=longest)
    assert VALID.fullmatch(name)
    assert len(name) <= longest
    assert name.endswith(f"-{suffix}")
    assert name == resource_name(pipeline, run, suffix, longest=longest)


@given(st.tuples(PIPELINES, KEYS, SUFFIXES), st.tuples(PIPELINES, KEYS, SUFFIXES), LENGTHS)
def test_other_parts_make_another_name(one: tuple[str, ...], other: tuple[str, ...], longest: int) -> None:
    assume(one != other)
    assert resource_name(*one, longest=longest) != resource_name(*other, longest=longest)


@given(PIPELINES, KEYS)
def test_runs_that_differ_in_a_hyphen_or_a_dot_have_other_names(pipeline: str, run: str) -> None:
    names = {resource_name(pipeline, key, "etl") for key in (run, f"{run}-", f"{run}.", f"{run[0]}-{run[1:]}")}
    assert len(names) == len({run, f"{run}-", f"{run}.", f"{run[0]}-{run[1:]}"})


@given(st.text(max_size=80), st.text(max_size=80), SUFFIXES)
def test_any_text_makes_a_name(pipeline: str, run: str, suffix: str) -> None:
    name = resource_name(pipeline, run, suffix)
    assert VALID.fullmatch(name)
    assert len(name) <= LONGEST
