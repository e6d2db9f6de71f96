"""The DAG of a pipeline file: the amazon provider's operators, fed with the requests of its plan.

While Airflow parses DAGs only the pipeline file is read; all else is imported inside the tasks that need it.
"""
