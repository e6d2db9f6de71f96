"""What goes to Airflow plans the examples there, where sagemaker-core cannot be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests_paths import ROOT

from pipeline.cloud.packages import dag_files
from pipeline.config import load_config
from pipeline.plan import plan_requests, resolve_settings

EXAMPLES = ("abalone/pipeline.yml", "churn/pipeline.yml", "churn/glue.yml", "recommender/pipeline.yml")
ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "SAGEMAKER_BUCKET": "bucket",
    "SAGEMAKER_ROLE": "arn:aws:iam::123456789012:role/any",
    "SAGEMAKER_GLUE_ROLE": "arn:aws:iam::123456789012:role/glue",
}
_PLAN = """
import importlib.util, json, sys
from pathlib import Path

find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "sagemaker" else find_spec(name, *rest)
folder, files, environment = json.load(sys.stdin)
sys.path.insert(0, folder)
from pipeline.config import load_config
from pipeline.plan import plan_requests, resolve_settings

images = {}
for name in files:
    file = Path(folder, "pipelines", name)
    config = load_config(file)
    plan = plan_requests(config, file, resolve_settings(config.sagemaker, environment), "key", rows=Path("rows.csv"))
    images[name] = [step.request for step in plan.steps if "Image" in json.dumps(step.request)]
assert images and Path(sys.modules["pipeline"].__file__).is_relative_to(folder)
print(json.dumps(images))
"""


def test_the_examples_have_the_same_images_there(tmp_path: Path) -> None:
    for name, content in dag_files(ROOT / "examples").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-P", "-c", _PLAN],
        input=json.dumps([str(tmp_path), EXAMPLES, ENVIRONMENT]),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    for name in EXAMPLES:
        file = tmp_path / "pipelines" / name
        config = load_config(file)
        here = plan_requests(
            config, file, resolve_settings(config.sagemaker, ENVIRONMENT), "key", rows=Path("rows.csv")
        )
        requests = [step.request for step in here.steps if "Image" in json.dumps(step.request)]
        assert requests
        assert found[name] == json.loads(json.dumps(requests)), name
