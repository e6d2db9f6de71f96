"""Which YAML files are pipeline files, broken ones too."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests_paths import ROOT

from pipeline.config.recognition import is_pipeline_file

OTHERS = {
    "compose.yml": "name: shop\nservices:\n  web: {image: nginx}\nvolumes: {}\n",
    "configmap.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  training: yes\n",
    "values.yml": "{{- if .Values.on }}\nname: x\n{{- end }}\n",
    "list.yml": "- name: a\n- data: b\n",
    "empty.yml": "",
    "params.yml": "# name: x\ntraining:\n  name: x\n",
}
BROKEN = {
    "misspelt.yml": "nmae: x\ndata: {schema: s.json}\ntraining: {}\n",
    "syntax.yml": "name: x\ndata: [\n",
    "tasks.yaml": "images: {}\npipelines:\n",
    "quoted.yml": '"name": x\n"images": {}\n',
    "latin.yml": "name: caf\xe9\npipelines: {}\n",
    # By their names.
    "pipeline.yml": "",
    "liminal.yml": "- nothing\n",
}


@pytest.mark.parametrize("name", [*OTHERS, *BROKEN])
def test_a_file_is_known_by_its_name_or_its_keys(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text({**OTHERS, **BROKEN}[name], encoding="latin-1")
    assert is_pipeline_file(file) is (name in BROKEN)


def test_the_examples_are_known_and_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    for file in (ROOT / "examples").glob("*/*.yml"):
        assert is_pipeline_file(file), file
    (tmp_path / "link.yml").symlink_to(tmp_path / "gone.yml")
    assert not is_pipeline_file(tmp_path / "link.yml")
