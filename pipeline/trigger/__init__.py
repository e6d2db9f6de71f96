"""What starts a DAG from outside Airflow: one module, `trigger.py`, which is a function of AWS Lambda by itself."""
