"""No DAG of Airflow's, only its import error: which pipeline files are none, with file and line.

Airflow schedules nothing of a module that has an import error. That is why this is a module beside pipelines.py.
"""

from inference_dags.folder import load_dags
from pipeline.errors import ConfigError

errors = load_dags().errors
if errors:
    raise ConfigError("\n".join(errors))
