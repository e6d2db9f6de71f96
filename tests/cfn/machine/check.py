"""The DAG of the machine's test: a task that a worker runs, with AWS at hand."""

import datetime

from airflow.sdk import dag, task


@dag(dag_id="machine_check", schedule=None, start_date=datetime.datetime(2024, 1, 1), catchup=False)
def machine_check() -> None:
    @task
    def write(bucket: str) -> str:
        import boto3

        boto3.client("s3").put_object(Bucket=bucket, Key="machine-check/written", Body=b"by a task")
        return bucket

    @task
    def read(bucket: str) -> None:
        import boto3

        print(boto3.client("s3").get_object(Bucket=bucket, Key="machine-check/written")["Body"].read().decode())

    # Told by a person, or by the function that starts a run for a new object.
    read(write("{{ dag_run.conf.get('bucket') or dag_run.conf['input'].split('/')[2] }}"))


machine_check()
