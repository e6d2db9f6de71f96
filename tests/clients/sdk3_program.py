"""The SageMaker SDK of version 3 from rows to predictions; runs where that SDK is installed.

    python sdk3_program.py TASK ANSWERS

Both are JSON files, see client_cases.Task and client_cases.Answers.
"""

import json
import sys
from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import ProcessingInput, ProcessingOutput
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.s3 import S3Downloader
from sagemaker.core.shapes import (
    ContainerDefinition,
    InferenceExecutionConfig,
    ProcessingS3Input,
    ProcessingS3Output,
    ProductionVariant,
)
from sagemaker.core.spark.processing import PySparkProcessor
from sagemaker.core.transformer import Transformer
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, OutputDataConfig

task = json.loads(Path(sys.argv[1]).read_text())
name, role, folder = task["name"], task["role"], Path(task["folder"])
session = Session()
region = session.boto_region_name
root = f"s3://{session.default_bucket()}/{name}"

# Processing: raw rows in; training data, requests and the bundle out.
places = "/opt/ml/processing"


def given(what: str, file: str) -> ProcessingInput:
    source = ProcessingS3Input(
        s3_uri=str(folder / file), local_path=f"{places}/input/{what}", s3_data_type="S3Prefix", s3_input_mode="File"
    )
    return ProcessingInput(input_name=what, s3_input=source)


made = ProcessingS3Output(s3_uri=f"{root}/etl", local_path=f"{places}/output", s3_upload_mode="EndOfJob")
processor = PySparkProcessor(
    framework_version="3.5", role=role, instance_type="ml.m5.xlarge", instance_count=1, sagemaker_session=session
)
processor.run(
    submit_app=str(folder / "preprocess.py"),
    submit_py_files=[str(folder / "py-files.zip")],
    inputs=[given("rows", "rows.csv"), given("schema", "schema.json")],
    outputs=[ProcessingOutput(output_name="etl", s3_output=made)],
    arguments=task["arguments"],
    job_name=f"{name}-etl",
    wait=False,
)
processor.latest_job.wait(poll=1)

# Training: AWS's XGBoost image.
xgboost = image_uris.retrieve("xgboost", region, version="3.0-5")
trainer = ModelTrainer(
    training_image=xgboost,
    role=role,
    base_job_name=f"{name}-train",
    hyperparameters=task["hyperparameters"],
    compute=Compute(instance_type="ml.m5.xlarge", instance_count=1),
    output_data_config=OutputDataConfig(s3_output_path=f"{root}/training"),
    sagemaker_session=session,
)
channels = [
    InputData(channel_name=channel, data_source=f"{root}/etl/{channel}/part-", content_type="text/csv")
    for channel in ("train", "validation")
]
trainer.train(input_data_config=channels, wait=False)
training = trainer._latest_training_job
training.wait(poll=1, logs=True)

# The model: AWS's SparkML image, then the XGBoost image.
model = Model.create(
    model_name=f"{name}-model",
    execution_role_arn=role,
    containers=[
        ContainerDefinition(
            image=image_uris.retrieve("sparkml-serving", region, version="3.3"),
            model_data_url=f"{root}/etl/model.tar.gz",
            environment=task["sparkml_environment"],
        ),
        ContainerDefinition(image=xgboost, model_data_url=training.model_artifacts.s3_model_artifacts),
    ],
    inference_execution_config=InferenceExecutionConfig(mode="Serial"),
)

# The endpoint.
variant = ProductionVariant(
    variant_name="AllTraffic", model_name=model.model_name, initial_instance_count=1, instance_type="ml.m5.large"
)
config = EndpointConfig.create(endpoint_config_name=f"{name}-config", production_variants=[variant])
endpoint = Endpoint.create(endpoint_name=f"{name}-endpoint", endpoint_config_name=config.endpoint_config_name)
endpoint.wait_for_status("InService", poll=1)
files = [uri for uri in S3Downloader.list(f"{root}/etl/requests/", sagemaker_session=session) if "/part-" in uri]
asked = "".join(S3Downloader.read_file(uri, sagemaker_session=session) for uri in sorted(files)).splitlines()
schema = task["request_schema"]


def answer(line: str) -> str:
    """The prediction of a row of CSV; where the schema does not fit into a model's environment, the request has it."""
    body = line if schema is None else json.dumps({"schema": schema, "data": json.loads(f"[{line}]")})
    media_type = "text/csv" if schema is None else "application/json"
    return endpoint.invoke(body=body, content_type=media_type, accept="text/csv").body.read().decode().strip()


answers = [answer(line) for line in asked[: task["asked"]]]

# The same as a transform job.
batch = None
if schema is None:
    transformer = Transformer(
        model_name=model.model_name,
        instance_count=1,
        instance_type="ml.m5.large",
        strategy="SingleRecord",
        assemble_with="Line",
        accept="text/csv",
        output_path=f"{root}/predictions",
        base_transform_job_name=f"{name}-batch",
        sagemaker_session=session,
    )
    transformer.transform(f"{root}/etl/requests/part-", content_type="text/csv", split_type="Line", wait=False)
    transformer.latest_transform_job.wait(poll=1, logs=True)
    outputs = sorted(S3Downloader.list(f"{root}/predictions/", sagemaker_session=session))
    batch = "".join(S3Downloader.read_file(uri, sagemaker_session=session) for uri in outputs).splitlines()

endpoint.delete()
endpoint.wait_for_delete(poll=1)
config.delete()
model.delete()
Path(sys.argv[2]).write_text(json.dumps({"endpoint": answers, "batch": batch}))
