"""A million rows: the transform job's, the endpoint's and XGBoost's own answers are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pytest
from model_cases import FEATURE_NAMES, SCHEMA, bundle_files, features_of, raw, table_of, train
from service_cases import ROLE, XGBOOST, Service

from pipeline.packaging.archives import fused_archive
from pipeline.scoring.manifest import Manifest

OBJECTS, ROWS = 4, 250_000
# Under the runtime's 6 MB.
AT_ONCE = 100_000

pytestmark = pytest.mark.slow


def csv(table: pa.Table) -> bytes:
    """Rows as CSV without a header."""
    sink = pa.BufferOutputStream()
    pc.write_csv(table, sink, pc.WriteOptions(include_header=False, quoting_style="none"))
    return bytes(sink.getvalue())


def test_transform_endpoint_and_xgboost_agree_on_a_million_rows(service: Service, tmp_path: Path) -> None:
    import xgboost

    booster = train(features_of(table_of(200)), {})
    model = fused_archive(
        bundle_files(), raw(booster), SCHEMA, Manifest("features", FEATURE_NAMES), tmp_path / "model.tar.gz"
    )
    client, s3, runtime = (service.client(name) for name in ("sagemaker", "s3", "sagemaker-runtime"))
    s3.create_bucket(Bucket="million")
    s3.upload_file(str(model), "million", "model.tar.gz")
    container = {"Image": XGBOOST, "ModelDataUrl": "s3://million/model.tar.gz"}
    client.create_model(ModelName="million", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {"VariantName": "all", "ModelName": "million", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    client.create_endpoint_config(EndpointConfigName="million", ProductionVariants=[variant])
    client.create_endpoint(EndpointName="million", EndpointConfigName="million")
    tables = {f"rows-{number}.csv": table_of(ROWS, seed=number) for number in range(OBJECTS)}
    bodies = {name: csv(table) for name, table in tables.items()}
    for name, body in bodies.items():
        s3.put_object(Bucket="million", Key=f"in/{name}", Body=body)

    _transform(client)
    client.get_waiter("endpoint_in_service").wait(EndpointName="million", WaiterConfig={"Delay": 1})
    for name, body in bodies.items():
        transformed = s3.get_object(Bucket="million", Key=f"out/{name}.out")["Body"].read().splitlines()
        rows, answered = body.splitlines(), []
        for at in range(0, ROWS, AT_ONCE):
            reply = runtime.invoke_endpoint(
                EndpointName="million",
                ContentType="text/csv",
                Accept="text/csv",
                Body=b"\n".join(rows[at : at + AT_ONCE]),
            )
            answered += reply["Body"].read().splitlines()
        assert transformed == answered, name
        own = booster.predict(xgboost.DMatrix(features_of(tables[name])))
        assert [float(score) for score in transformed] == own.astype(float).tolist(), name


def _transform(client: Any) -> None:
    client.create_transform_job(
        TransformJobName="million",
        ModelName="million",
        BatchStrategy="MultiRecord",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://million/in/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": "s3://million/out", "Accept": "text/csv", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    client.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName="million", WaiterConfig={"Delay": 1})
    described = client.describe_transform_job(TransformJobName="million")
    assert described["TransformJobStatus"] == "Completed", described
