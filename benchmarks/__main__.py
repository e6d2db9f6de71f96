"""All benchmarks of docs/performance.md, one after the other, and then the page: `make bench`.

The others run by their names: operators, etl, scaling, dags, ratings.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

from benchmarks.performance import NAMES

# 10 million rows for the batch; fewer rounds where one is long, more where one is short.
_OPTIONS = {
    "row": ["--rounds", "15"],
    "large": ["--rounds", "11"],
    "score": ["--repeat", "2394", "--rounds", "5"],
    "memory": ["--rows", "1000000", "10000000"],
}

names = [*NAMES, *(["instructions"] if shutil.which("valgrind") else [])]
for name in names:
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *_OPTIONS.get(name, []), *sys.argv[1:]], check=True)
sys.exit(subprocess.run([sys.executable, "-m", "benchmarks.performance"], check=False).returncode)
