"""Files of tasks and services: each mistake with its line, its key, what was found and what is allowed."""

from __future__ import annotations

import contextlib
import copy
import datetime
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests_paths import ROOT

from pipeline.config import PipelineConfig, TaskFile, load_config, load_file, load_task_file
from pipeline.config.json_schema import tasks_schema
from pipeline.errors import ConfigError

TEXT = """\
name: shop
owner: team
images:
  code:
    source: src
    endpoints:
      /predict: {function: serving:predict}
  batch: {source: ., uri: "registry/batch:1"}
volumes:
  store: {folder: data}
executors:
  pods: {type: kubernetes, memory: 2Gi}
services:
  server:
    image: code
    mounts: {store: /mnt/store}
pipelines:
  nightly:
    schedule: 0 4 * * *
    timeout_minutes: 30
    tasks:
      - name: first
        image: code
        cmd: python first.py
        env: {STORE: /mnt/store, N: 3, FLAG: true}
        mounts: {store: /mnt/store}
      - name: second
        image: batch
        cmd: python second.py
        executor: pods
"""


def refused(tmp_path: Path, text: str) -> str:
    file = tmp_path / "tasks.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_task_file(file)
    return str(caught.value).replace(str(file), "FILE")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "image: code\n        cmd",
            "image: cod\n        cmd",
            "FILE, line 23: pipelines.nightly.tasks.0.image: found 'cod'; there is no such image: batch, code\n"
            "  hint: did you mean 'code'?",
        ),
        (
            "image: code\n    mounts",
            "image: batch\n    mounts",
            "line 15: services.server.image: found 'batch'; this image",
        ),
        (
            "mounts: {store: /mnt/store}\npipe",
            "mounts: {stor: /m}\npipe",
            "line 16: services.server.mounts.stor: found 'stor'",
        ),
        (
            "executor: pods",
            "executor: pod",
            "line 30: pipelines.nightly.tasks.1.executor: found 'pod'; there is no such",
        ),
        (
            "name: second",
            "name: first",
            "line 27: pipelines.nightly.tasks.1.name: found 'first'; another task has this name",
        ),
        ("name: second", "name: a b", "line 27: pipelines.nightly.tasks.1.name: found 'a b'; string should match"),
        (
            "cmd: python first.py",
            "command: python first.py",
            "line 24: key 'pipelines.nightly.tasks.0.command' is not known",
        ),
        (
            "cmd: python second.py",
            "type: spark",
            "line 29: pipelines.nightly.tasks.1.type: found 'spark'; input should be",
        ),
        ("memory: 2Gi", "instance_type: ml.m5.large", "executors.pods: found {'type': 'kubernetes', 'instance_type'"),
        ("memory: 2Gi", "memory: lots", "line 12: executors.pods.memory: found 'lots'"),
        ("serving:predict", "predict", "line 7: images.code.endpoints./predict.function: found 'predict'"),
        ("/predict:", "/ping:", "line 7: images.code.endpoints./ping: found '/ping'; the server itself answers it"),
        ("/predict:", "predict:", "line 7: images.code.endpoints.predict: found 'predict'; string should match"),
        ("0 4 * * *", "every day", "line 19: pipelines.nightly.schedule: found 'every day'"),
        (
            ', uri: "registry/batch:1"',
            "",
            "line 8: images.batch.uri: found None; task second of nightly is started from it",
        ),
        ("timeout_minutes: 30", "timeout_minutes: 0", "line 20: pipelines.nightly.timeout_minutes: found 0"),
        ("services:", "service:", "line 13: key 'service' is not known; allowed: name, description, owner, images"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    assert said in refused(tmp_path, TEXT.replace(old, new, 1))


def test_names_that_a_dag_of_jobs_needs_itself_are_refused(tmp_path: Path) -> None:
    text = TEXT.replace("{type: kubernetes, memory: 2Gi}", "{type: sagemaker}").replace("name: first", "name: plan")
    assert "line 22: pipelines.nightly.tasks.0.name: found 'plan'" in refused(tmp_path, text)


def test_paths_are_below_the_file_s_folder(tmp_path: Path) -> None:
    (tmp_path / "tasks.yml").write_text(TEXT)
    file = load_task_file(tmp_path / "tasks.yml")
    assert file.images["code"].source == str(tmp_path / "src")
    assert file.volumes["store"].folder == str(tmp_path / "data")
    nightly = file.pipelines["nightly"]
    assert (file.owner_of(nightly), nightly.start_date) == ("team", datetime.date(2024, 1, 1))
    assert [file.executor_of(nightly, task).type for task in nightly.tasks] == ["local", "kubernetes"]


def test_files_are_known_by_their_keys(tmp_path: Path) -> None:
    (tmp_path / "tasks.yml").write_text(TEXT)
    abalone = ROOT / "examples" / "abalone" / "pipeline.yml"
    assert isinstance(load_file(tmp_path / "tasks.yml"), TaskFile)
    assert isinstance(load_file(abalone), PipelineConfig)
    with pytest.raises(ConfigError, match="has tasks and services, and no model"):
        load_config(tmp_path / "tasks.yml")
    with pytest.raises(ConfigError, match="has no tasks and services"):
        load_task_file(abalone)


def test_editors_are_told_the_same(tmp_path: Path) -> None:
    published = json.loads((ROOT / "schemas" / "tasks.schema.json").read_text(encoding="utf-8"))
    assert published == tasks_schema()
    for text in (TEXT, (ROOT / "examples" / "iris" / "pipeline.yml").read_text(encoding="utf-8")):
        # JSON has no dates.
        jsonschema.validate(json.loads(json.dumps(yaml.safe_load(text), default=str)), published)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_stands_somewhere_is_taken_or_refused_on_purpose(tmp_path: Path, data: st.DataObject) -> None:
    document = copy.deepcopy(yaml.safe_load(TEXT))
    holder, key = data.draw(st.sampled_from(list(_places(document))))
    holder[key] = data.draw(_values)
    (tmp_path / "tasks.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with contextlib.suppress(ConfigError):
        load_file(tmp_path / "tasks.yml")


def _places(value: Any) -> Any:
    entries = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    for key, part in entries:
        yield value, key
        yield from _places(part)
