"""Where the kernels are not built everything works, to the same bits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from native_cases import booster, feature_count, feature_nodes, parts

from pipeline.native import SWITCH
from pipeline.scoring import Scorer

CODE = """
import sys
import numpy as np
from native_cases import booster, feature_count, feature_nodes, parts
from pipeline.scoring import Scorer
random = np.random.default_rng(5)
nodes = feature_nodes(random)
scorer = Scorer(parts(nodes, booster(random, feature_count(nodes))))
print(scorer.rows, scorer.booster.trees, scorer.predict_one(("M", 0.1, 2.0, 3, 4, True, None)).hex())
"""


def test_without_kernels() -> None:
    random = np.random.default_rng(5)
    nodes = feature_nodes(random)
    scorer = Scorer(parts(nodes, booster(random, feature_count(nodes))))
    assert scorer.rows is not None
    score = scorer.predict_one(("M", 0.1, 2.0, 3, 4, True, None))
    environment = {**os.environ, SWITCH: "0", "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "None", float(score).hex()]
