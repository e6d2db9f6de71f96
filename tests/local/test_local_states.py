"""The store keeps to the one table of states, whatever it is told, and finds everything again after a restart."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.local import states
from pipeline.local.errors import ResourceInUse, ValidationException
from pipeline.local.store import Resource, Store

KINDS = sorted(states.TRANSITIONS)
EVERY = sorted({state for table in states.TRANSITIONS.values() for state in table})

FIELDS = st.dictionaries(st.sampled_from("ab"), st.integers())


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_names_only_states_that_it_has_and_ends_somewhere(kind: str) -> None:
    table = states.TRANSITIONS[kind]
    assert {state for following in table.values() for state in following} <= set(table)
    reached, new = set(), {states.initial(kind)}
    while new:
        reached |= new
        new = {after for state in new for after in table[state]} - reached
    assert reached | {"SystemUpdating", "OutOfService"} >= set(table)
    assert any(states.is_final(kind, state) for state in table)


@settings(max_examples=60)
@given(
    kind=st.sampled_from(KINDS),
    steps=st.lists(
        st.tuples(st.sampled_from(EVERY), st.dictionaries(st.sampled_from("ab"), st.integers())), max_size=8
    ),
    reopened=st.integers(0, 8),
)
def test_a_store_takes_the_steps_of_the_table_and_no_other(
    kind: str, steps: list[tuple[str, dict[str, int]]], reopened: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "state.sqlite")
        resource = store.create(kind, "x", "arn:x", {"asked": 1})
        status, extra = resource.status, resource.extra
        assert status == states.initial(kind)
        for at, (target, fields) in enumerate(steps):
            if at == reopened:
                store.close()
                store = Store(Path(folder) / "state.sqlite")
            if target in states.TRANSITIONS[kind][status]:
                status, extra = target, {**extra, **fields}
                store.transition(kind, "x", target, **fields)
            else:
                with pytest.raises(states.IllegalTransition, match=f"from {status} to {target}"):
                    store.transition(kind, "x", target, **fields)
            found = store.find(kind, "x")
            assert isinstance(found, Resource)
            assert (found.status, found.extra, found.request) == (status, extra, {"asked": 1})
            assert found.modified >= found.created
        store.close()


def test_a_name_is_taken_until_its_resource_is_deleted(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite")
    store.create(states.MODEL, "m", "arn:m", {}, tags=[{"Key": "k", "Value": "v"}])
    with pytest.raises(ResourceInUse):
        store.create(states.MODEL, "m", "arn:m", {}, tags=[{"Key": "k", "Value": "other"}])
    assert store.tags("arn:m") == [{"Key": "k", "Value": "v"}]
    store.delete(states.MODEL, "m")
    assert store.find(states.MODEL, "m") is None
    assert store.create(states.MODEL, "m", "arn:m", {}).status == ""
    assert store.tags("arn:m") == []
    with pytest.raises(ValidationException, match="Could not find"):
        store.update(states.MODEL, "n", a=1)
    with pytest.raises(states.IllegalTransition, match="no status"):
        store.transition(states.MODEL, "m", "InService")
    store.close()


def test_a_transition_ends_a_pause_of_every_thread_once(tmp_path: Path) -> None:
    hour = 3600.0
    store = Store(tmp_path / "state.sqlite")
    store.create(states.TRAINING_JOB, "x", "arn:x", {})
    with ThreadPoolExecutor(2) as threads:
        sleeping = [threads.submit(store.pause, hour) for _ in range(2)]
        store.transition(states.TRAINING_JOB, "x", "Completed")
        for one in sleeping:
            one.result()
    # One that came between two looks is not slept over; then there is nothing new.
    store.pause(hour)
    store.pause(0.01)
    store.close()
