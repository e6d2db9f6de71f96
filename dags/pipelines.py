"""Every pipeline file as an Airflow DAG of its own name; what is wrong with one is told by pipeline_errors.py."""

from inference_dags.folder import load_dags

for dag in load_dags().dags:
    globals()[dag.dag_id] = dag
