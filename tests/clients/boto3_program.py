"""boto3 from rows to predictions, without the project's own code.

    python boto3_program.py TASK ANSWERS

Both are JSON files, see client_cases.Task and client_cases.Answers.
"""

import json
import sys
import time
from pathlib import Path

import boto3

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
SPARKML = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-sparkml-serving:3.3"
SPARK = "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py39-v1.0"
PLACES = "/opt/ml/processing"
INPUTS = {"code": "preprocess.py", "py-files": "py-files.zip", "rows": "rows.csv", "schema": "schema.json"}

task = json.loads(Path(sys.argv[1]).read_text())
name, bucket, folder = task["name"], task["bucket"], Path(task["folder"])
root = f"s3://{bucket}/{name}"
s3, sagemaker, runtime = (boto3.client(service) for service in ("s3", "sagemaker", "sagemaker-runtime"))


def ended(kind, job):
    """The description of a job that has completed."""
    while True:
        described = getattr(sagemaker, f"describe_{kind}_job")(**{f"{kind.title()}JobName": job})
        status = described[f"{kind.title()}JobStatus"]
        if status in {"Completed", "Failed", "Stopped"}:
            assert status == "Completed", described
            return described
        time.sleep(0.5)


def lines_below(prefix):
    """The lines of all objects below a prefix."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{name}/{prefix}")["Contents"]
    bodies = [s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read() for entry in found]
    return b"".join(bodies).decode().splitlines()


def s3_prefix(uri):
    """A data source."""
    return {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}


# Processing: raw rows in; training data, requests and the bundle out.
inputs = []
for what, file in INPUTS.items():
    s3.upload_file(str(folder / file), bucket, f"{name}/input/{file}")
    source = {"S3Uri": f"{root}/input/{file}", "LocalPath": f"{PLACES}/input/{what}"}
    inputs.append({"InputName": what, "S3Input": {**source, "S3DataType": "S3Prefix", "S3InputMode": "File"}})
output = {"S3Uri": f"{root}/etl", "LocalPath": f"{PLACES}/output", "S3UploadMode": "EndOfJob"}
command = ["smspark-submit", "--py-files", f"{PLACES}/input/py-files", f"{PLACES}/input/code/preprocess.py"]
machines = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
sagemaker.create_processing_job(
    ProcessingJobName=f"{name}-etl",
    RoleArn=task["role"],
    AppSpecification={
        "ImageUri": SPARK,
        "ContainerEntrypoint": command,
        "ContainerArguments": task["arguments"],
    },
    ProcessingInputs=inputs,
    ProcessingOutputConfig={"Outputs": [{"OutputName": "etl", "S3Output": output}]},
    ProcessingResources={"ClusterConfig": machines},
)
ended("processing", f"{name}-etl")

# Training: AWS's XGBoost image.
sagemaker.create_training_job(
    TrainingJobName=f"{name}-train",
    RoleArn=task["role"],
    AlgorithmSpecification={"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
    HyperParameters=task["hyperparameters"],
    InputDataConfig=[
        {"ChannelName": channel, "ContentType": "text/csv", "DataSource": s3_prefix(f"{root}/etl/{channel}/part-")}
        for channel in ("train", "validation")
    ],
    OutputDataConfig={"S3OutputPath": f"{root}/training"},
    ResourceConfig=machines,
    StoppingCondition={"MaxRuntimeInSeconds": 600},
)
trained = ended("training", f"{name}-train")["ModelArtifacts"]["S3ModelArtifacts"]

# The model: AWS's SparkML image, then the XGBoost image.
sparkml = {"Image": SPARKML, "ModelDataUrl": f"{root}/etl/model.tar.gz", "Environment": task["sparkml_environment"]}
sagemaker.create_model(
    ModelName=f"{name}-model",
    ExecutionRoleArn=task["role"],
    Containers=[sparkml, {"Image": XGBOOST, "ModelDataUrl": trained}],
)

# The endpoint.
variant = {"VariantName": "AllTraffic", "ModelName": f"{name}-model", "InitialInstanceCount": 1}
sagemaker.create_endpoint_config(
    EndpointConfigName=f"{name}-config", ProductionVariants=[{**variant, "InstanceType": "ml.m5.large"}]
)
sagemaker.create_endpoint(EndpointName=f"{name}-endpoint", EndpointConfigName=f"{name}-config")
sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=f"{name}-endpoint", WaiterConfig={"Delay": 1})
asked = lines_below("etl/requests/part-")
schema = task["request_schema"]


def answer(line):
    """The prediction of a row of CSV; where the schema does not fit into a model's environment, the request has it."""
    body = line if schema is None else json.dumps({"schema": schema, "data": json.loads(f"[{line}]")})
    media_type = "text/csv" if schema is None else "application/json"
    reply = runtime.invoke_endpoint(
        EndpointName=f"{name}-endpoint", Body=body, ContentType=media_type, Accept="text/csv"
    )
    return reply["Body"].read().decode().strip()


answers = [answer(line) for line in asked[: task["asked"]]]

# The same as a transform job.
batch = None
if schema is None:
    sagemaker.create_transform_job(
        TransformJobName=f"{name}-batch",
        ModelName=f"{name}-model",
        BatchStrategy="SingleRecord",
        TransformInput={
            "DataSource": s3_prefix(f"{root}/etl/requests/part-"),
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"{root}/predictions", "Accept": "text/csv", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    ended("transform", f"{name}-batch")
    batch = lines_below("predictions/")

sagemaker.delete_endpoint(EndpointName=f"{name}-endpoint")
Path(sys.argv[2]).write_text(json.dumps({"endpoint": answers, "batch": batch}))
