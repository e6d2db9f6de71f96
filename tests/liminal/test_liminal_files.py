"""Liminal's grammar: carried over as a whole, or refused by name with its line."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests_paths import ROOT

from pipeline.config import TaskFile, load_task_file
from pipeline.errors import ConfigError

TEXT = """\
name: DataApp
owner: B. A.
variables:
  registry: myorg
  tag: 1.5
  app: '{{registry}}/app:{{tag}}'
  inner:
    day: monday
volumes:
  - volume: vol
    claim_name: vol-claim
    local:
      path: .
images:
  - image: '{{app}}'
    type: python_server
    source: code
    no_cache: true
    endpoints:
      - endpoint: /predict
        module: app.serving
        function: predict
  - image: plain
    type: python
    source: .
executors:
  - executor: cluster
    type: kubernetes
    namespace: ml
    resources:
      request_memory: 128Mi
      limit_cpu: "2"
task_defaults:
  python:
    executor: cluster
    env_vars:
      A: default
      B: 2
pipeline_defaults:
  start_date: 2020-03-01
  before_tasks:
    - task: setup
      type: python
      image: plain
      cmd: python setup.py
pipelines:
  - pipeline: my_pipeline
    timeout_minutes: 45
    schedule: 0 * 1 * *
    default_array_loaded: [2, 3, 4]
    metrics:
      namespace: Data
      backends: []
    tasks:
      - task: train
        type: python
        description: train it
        image: '{{app}}'
        cmd: python -u training.py {{registry}} {{day}}
        variables: inner
        executors: 2
        env_vars:
          A: own
        mounts:
          - mount: m
            volume: vol
            path: /mnt/vol
services:
  - service: server
    description: a server
    image: '{{app}}'
"""


def load(tmp_path: Path, text: str) -> TaskFile:
    file = tmp_path / "liminal.yml"
    file.write_text(text, encoding="utf-8")
    return load_task_file(file)


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    return str(caught.value).replace(str(tmp_path / "liminal.yml"), "FILE")


def test_all_that_it_says_is_carried_over(tmp_path: Path) -> None:
    found = load(tmp_path, TEXT)
    assert (found.name, found.owner) == ("DataApp", "B. A.")
    assert found.images.keys() == {"myorg/app:1.5", "plain"}
    image = found.images["myorg/app:1.5"]
    assert (image.uri, image.source) == ("myorg/app:1.5", str(tmp_path / "code"))
    # Liminal's own server hands on the body as it came.
    assert image.endpoints["/predict"].model_dump() == {"function": "app.serving:predict", "input": "bytes"}
    assert (found.volumes["vol"].folder, found.volumes["vol"].claim) == (str(tmp_path), "vol-claim")
    assert found.services["server"].image == "myorg/app:1.5"
    pipeline = found.pipelines["my_pipeline"]
    assert (pipeline.schedule, pipeline.timeout_minutes) == ("0 * 1 * *", 45)
    assert pipeline.start_date == datetime.date(2020, 3, 1)
    setup, train = pipeline.tasks
    assert (setup.name, setup.cmd, setup.env) == ("setup", "python setup.py", {"A": "default", "B": "2"})
    assert (train.cmd, train.instances) == ("python -u training.py myorg monday", 2)
    assert (train.env, train.mounts) == ({"A": "own", "B": "2"}, {"vol": "/mnt/vol"})
    executor = found.executor_of(pipeline, train)
    assert (executor.type, executor.namespace, executor.memory, executor.cpu_limit) == (
        "kubernetes",
        "ml",
        "128Mi",
        "2",
    )


def test_tasks_around_a_pipeline_s_own(tmp_path: Path) -> None:
    around = """\
  tasks:
    - {task: first, type: python, image: plain, cmd: a}
    - {task: rest, type: pipeline}
    - {task: last, type: python, image: plain, cmd: b}
"""
    found = load(tmp_path, TEXT.replace("  before_tasks:", f"{around}  before_tasks:"))
    assert [task.name for task in found.pipelines["my_pipeline"].tasks] == ["setup", "first", "train", "last"]


def test_both_iris_files_are_the_same() -> None:
    ours, theirs = (load_task_file(ROOT / "examples" / "iris" / name) for name in ("pipeline.yml", "liminal.yml"))
    (mine,), (other,) = ours.pipelines.values(), theirs.pipelines.values()
    assert [task.name for task in mine.tasks] == [task.name for task in other.tasks]
    assert [(task.env, task.mounts) for task in mine.tasks] == [(task.env, task.mounts) for task in other.tasks]
    for name in ("schedule", "start_date", "timeout_minutes"):
        assert getattr(mine, name) == getattr(other, name)
    assert ours.images["iris"].source == theirs.images["iris"].source
    assert ours.images["iris"].endpoints.keys() == theirs.images["iris"].endpoints.keys()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "owner: B. A.",
            "super: base",
            "FILE, line 2: super cannot be carried over: say here what the other file says",
        ),
        ("owner: B. A.", "type: super", "FILE, line 2: type: found 'super'"),
        ("owner: B. A.", "monitoring: {metrics_backends: []}", "line 2: monitoring cannot be carried over"),
        ("owner: B. A.", "secrets: []", "line 2: secrets cannot be carried over"),
        ("no_cache: true", "build_cmd: make", "line 18: images.0.build_cmd cannot be carried over: no image is built"),
        ("type: kubernetes", "type: emr", "line 28: executors.0.type: found 'emr'; of executors, kubernetes can be"),
        ("backends: []", "backends: [cloudwatch]", "line 51: pipelines.0.metrics.backends: the DAG's runs"),
        ("description: train it", "secrets: [{secret: aws}]", "line 57: pipelines.0.tasks.1.secrets cannot be carried"),
        (
            "            path: /mnt/vol",
            "            path: /mnt/vol\n            sub_path: a",
            "mounts.0.sub_path cannot",
        ),
        (
            "type: python\n        desc",
            "type: spark\n        desc",
            "line 56: pipelines.0.tasks.1.type: found 'spark'; of",
        ),
        ("schedule: 0 * 1 * *", "depends_on_past: true", "line 49: pipelines.0.depends_on_past cannot be carried over"),
    ],
)
def test_what_is_not_carried_over_is_refused_by_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    assert said in refused(tmp_path, TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{{day}}", "{{yesterday_ds}}", "FILE, line 59: {{yesterday_ds}}: there is no variable 'yesterday_ds'"),
        ("variables: inner", "variables: outer", "line 60: variables: there is no mapping 'outer'"),
        ("registry: myorg", "registry: '{{app}}'", "this variable is made of itself"),
        (
            "image: '{{app}}'\n        cmd",
            "image: plan\n        cmd",
            "line 58: pipelines.0.tasks.1.image: found 'plan'",
        ),
        ("volume: vol\n            path", "volume: vul\n            path", "mounts.0.volume: found 'vul'; there is no"),
        (
            "cmd: python -u",
            "cmdd: python -u",
            "line 59: key 'pipelines.0.tasks.1.cmdd' is not known; allowed: task, type",
        ),
        (
            "executor: cluster\n    env",
            "executor: clster\n    env",
            "line 35: pipelines.0.tasks.0.executor: found 'clster'",
        ),
        ("schedule: 0 * 1 * *", "schedule: now and then", "line 49: pipelines.0.schedule: found 'now and then'"),
        (
            "- image: plain",
            "- image: '{{app}}'",
            "line 23: images.1.image: found 'myorg/app:1.5'; this image stands twice",
        ),
        (
            "type: python\n    source: .",
            "type: python_server\n    source: .",
            "python_server and endpoints belong together",
        ),
        ("    local:\n      path: .\n", "", "line 10: key 'volumes.0.local' is missing"),
        ("    source: code\n", "", "key 'images.0.source' is missing"),
    ],
)
def test_a_mistake_is_named_in_liminal_s_own_words(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    assert said in refused(tmp_path, TEXT.replace(old, new, 1))


def test_a_file_of_that_name_is_read_so_whatever_it_holds(tmp_path: Path) -> None:
    assert "line 1: key 'nme' is not known" in refused(tmp_path, "nme: x\n")
    assert "is a mapping of keys" in refused(tmp_path, "- 1\n")


_names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
_values = st.text(st.characters(codec="utf-8", exclude_characters="{}\x85"), max_size=10).filter(str.isprintable)


@st.composite
def _documents(draw: st.DrawFn) -> dict[str, Any]:
    images = draw(st.lists(_names, min_size=1, max_size=3, unique=True))
    tasks = st.fixed_dictionaries(
        {"type": st.just("python"), "image": st.sampled_from(images), "cmd": _values.filter(bool)},
        optional={"env_vars": st.dictionaries(_names, _values, max_size=2), "executors": st.integers(1, 3)},
    )
    pipelines = draw(st.lists(_names, min_size=1, max_size=3, unique=True))
    return {
        "name": draw(_names),
        "images": [{"image": image, "type": "python", "source": draw(_names)} for image in images],
        "pipelines": [
            {
                "pipeline": pipeline,
                "timeout_minutes": draw(st.integers(1, 1000)),
                "tasks": [{"task": f"t{at}", **draw(tasks)} for at in range(draw(st.integers(1, 3)))],
            }
            for pipeline in pipelines
        ],
    }


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=_documents())
def test_any_file_is_the_same_in_both_grammars(tmp_path: Path, document: dict[str, Any]) -> None:
    theirs = load(tmp_path, yaml.safe_dump(document, allow_unicode=True))
    ours = {
        "name": document["name"],
        "images": {image["image"]: {"source": image["source"], "uri": image["image"]} for image in document["images"]},
        "pipelines": {
            pipeline["pipeline"]: {
                "start_date": "1970-01-01",
                "timeout_minutes": pipeline["timeout_minutes"],
                "tasks": [
                    {
                        "name": task["task"],
                        "image": task["image"],
                        "cmd": task["cmd"],
                        "env": task.get("env_vars", {}),
                        "instances": task.get("executors", 1),
                    }
                    for task in pipeline["tasks"]
                ],
            }
            for pipeline in document["pipelines"]
        },
    }
    file = tmp_path / "tasks.yml"
    file.write_text(yaml.safe_dump(ours, allow_unicode=True), encoding="utf-8")
    assert load_task_file(file) == theirs
