"""The iris example as a person runs it: tasks, service, a request with curl."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests_paths import ROOT

IRIS = ROOT / "examples" / "iris"
PROGRAM = "import sys\nsys.argv[0] = 'inference-pipeline'\nfrom pipeline.cli.main import main\nmain()"


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )


def asked(url: str, body: str) -> tuple[int, Any]:
    """The status and the JSON of a request as the example's words have it."""
    done = subprocess.run(
        ["curl", "--noproxy", "*", "-s", "-w", "\n%{http_code}", "-X", "POST", "-d", body, f"{url}/predict"],
        capture_output=True,
        text=True,
        check=True,
    )
    text, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(text)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
@pytest.mark.parametrize("name", ["pipeline.yml", "liminal.yml"])
def test_train_validate_deploy_and_predict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    example = tmp_path / "iris"
    shutil.copytree(IRIS, example, ignore=shutil.ignore_patterns("store", "__pycache__"))
    ran = command("run", example / name, "--output", tmp_path / "run")
    assert ran.returncode == 0, ran.stderr
    accuracy = re.search(r"validate \| accuracy (0\.\d+)", ran.stderr)
    assert accuracy is not None
    assert float(accuracy[1]) > 0.9
    version = (example / "store" / "production" / "latest").read_text()
    kept = json.loads((example / "store" / "production" / f"{version}.json").read_text())
    assert kept["accuracy"] == pytest.approx(float(accuracy[1]), abs=1e-4)
    up = command("up", example / name)
    try:
        assert up.returncode == 0, up.stderr
        url = up.stdout.split()[4]
        status, answer = asked(url, '{"petal_width": "2.1"}')
        assert (status, answer["class"], answer["version"]) == (200, "virginica", version)
        assert answer["probability"] == max(answer["probabilities"].values()) > 0.9
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
        assert asked(url, '{"petal_width": 0.2}')[1]["class"] == "setosa"
        assert asked(url, '{"petal_width": ')[0] == 400
        assert asked(url, '{"petal_width": "wide"}')[1]["error"]["message"] == "petal_width is 'wide', not a number"
    finally:
        down = command("down", example / name)
    assert down.stdout in ("iris-server is down\n", "iris_server is down\n")


def test_the_kept_numbers_are_scikit_learn_s_model(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    monkeypatch.syspath_prepend(IRIS)
    import iris

    widths, classes, test, _, names = iris.rows()
    model = json.loads(json.dumps(iris.fit(widths, classes, names)))
    fitted = LogisticRegression(C=100.0, max_iter=1000).fit(widths, classes)
    np.testing.assert_allclose(iris.probabilities(model, test), fitted.predict_proba(test), rtol=1e-12)
