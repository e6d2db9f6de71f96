"""The SageMaker SDK of version 2 from rows to predictions; runs where that SDK is installed.

    python sdk2_program.py TASK ANSWERS

Both are JSON files, see client_cases.Task and client_cases.Answers.
"""

import json
import sys
from pathlib import Path

from sagemaker import PipelineModel, Session, image_uris
from sagemaker.deserializers import BytesDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.predictor import Predictor
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.s3 import S3Downloader
from sagemaker.serializers import CSVSerializer
from sagemaker.spark.processing import PySparkProcessor
from sagemaker.sparkml.model import SparkMLModel
from sagemaker.transformer import Transformer

task = json.loads(Path(sys.argv[1]).read_text())
name, role, folder = task["name"], task["role"], Path(task["folder"])
session = Session()
root = f"s3://{session.default_bucket()}/{name}"

# Processing: raw rows in; training data, requests and the bundle out.
places = "/opt/ml/processing"
processor = PySparkProcessor(
    framework_version="3.5", role=role, instance_type="ml.m5.xlarge", instance_count=1, sagemaker_session=session
)
processor.run(
    submit_app=str(folder / "preprocess.py"),
    submit_py_files=[str(folder / "py-files.zip")],
    inputs=[
        ProcessingInput(str(folder / "rows.csv"), f"{places}/input/rows", input_name="rows"),
        ProcessingInput(str(folder / "schema.json"), f"{places}/input/schema", input_name="schema"),
    ],
    outputs=[ProcessingOutput(source=f"{places}/output", destination=f"{root}/etl", output_name="etl")],
    arguments=task["arguments"],
    job_name=f"{name}-etl",
    wait=False,
)
session.wait_for_processing_job(f"{name}-etl", poll=1)

# Training: AWS's XGBoost image.
estimator = Estimator(
    image_uri=image_uris.retrieve("xgboost", session.boto_region_name, version="3.0-5"),
    role=role,
    instance_count=1,
    instance_type="ml.m5.xlarge",
    output_path=f"{root}/training",
    hyperparameters=task["hyperparameters"],
    sagemaker_session=session,
)
channels = {
    channel: TrainingInput(f"{root}/etl/{channel}/part-", content_type="text/csv")
    for channel in ("train", "validation")
}
estimator.fit(channels, job_name=f"{name}-train", wait=False)
session.wait_for_job(f"{name}-train", poll=1)
session.logs_for_job(f"{name}-train", poll=1)

# The model: AWS's SparkML image, then the XGBoost image.
sparkml = SparkMLModel(
    f"{root}/etl/model.tar.gz", role=role, env=task["sparkml_environment"], sagemaker_session=session
)
model = PipelineModel(
    models=[sparkml, estimator.create_model(role=role)],
    role=role,
    predictor_cls=Predictor,
    name=f"{name}-model",
    sagemaker_session=session,
)

# The endpoint.
predictor = model.deploy(1, "ml.m5.large", endpoint_name=f"{name}-endpoint", wait=False)
session.wait_for_endpoint(f"{name}-endpoint", poll=1)
predictor.serializer, predictor.deserializer = CSVSerializer(), BytesDeserializer(accept="text/csv")
files = [uri for uri in S3Downloader.list(f"{root}/etl/requests/", sagemaker_session=session) if "/part-" in uri]
asked = "".join(S3Downloader.read_file(uri, sagemaker_session=session) for uri in sorted(files)).splitlines()
answers = [predictor.predict(line).decode().strip() for line in asked[: task["asked"]]]

# The same as a transform job.
transformer = Transformer(
    model_name=f"{name}-model",
    instance_count=1,
    instance_type="ml.m5.large",
    strategy="SingleRecord",
    assemble_with="Line",
    accept="text/csv",
    output_path=f"{root}/predictions",
    sagemaker_session=session,
)
batch_name = f"{name}-batch"
transformer.transform(
    f"{root}/etl/requests/part-", content_type="text/csv", split_type="Line", job_name=batch_name, wait=False
)
session.wait_for_transform_job(batch_name, poll=1)
outputs = sorted(S3Downloader.list(f"{root}/predictions/", sagemaker_session=session))
batch = "".join(S3Downloader.read_file(uri, sagemaker_session=session) for uri in outputs).splitlines()

predictor.delete_model()
predictor.delete_endpoint()
Path(sys.argv[2]).write_text(json.dumps({"endpoint": answers, "batch": batch}))
