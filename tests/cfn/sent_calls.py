"""The calls of AWS that this project's own code makes to send, follow and undo a pipeline, found in its sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests_paths import ROOT

from pipeline.aws.service_model import service_model

# What sends pipelines: the command line's part, and Airflow's tasks.
SENDERS = ("pipeline/sending", "pipeline/plan", "dags")
SERVICES = ("sagemaker", "sagemaker-runtime", "s3", "logs", "glue", "secretsmanager", "iam")
# Calls of boto3's that are several of AWS's.
TRANSFERS = {
    "upload_file": ("s3:PutObject", "s3:AbortMultipartUpload"),
    "download_file": ("s3:GetObject",),
    "upload_fileobj": ("s3:PutObject", "s3:AbortMultipartUpload"),
    "download_fileobj": ("s3:GetObject",),
}
# Operations whose permission has another name, by IAM's service authorization reference.
RENAMED = {
    "s3:HeadObject": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:CopyObject": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:UploadPartCopy": "s3:PutObject",
}
# The operators of Airflow's amazon provider look for buckets, keys, roles and logs too.
OPERATORS = (
    "sagemaker:DescribeModel",
    "s3:ListBucket",
    "s3:GetObject",
    "iam:GetRole",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
)


@cache
def operations() -> dict[str, str]:
    """The permissions by boto3's names of methods and by AWS's of operations."""
    found = {}
    for service in SERVICES:
        prefix = "sagemaker" if service == "sagemaker-runtime" else service
        for name in service_model(service).operation_names:
            permission = RENAMED.get(f"{prefix}:{name}", f"{prefix}:{name}")
            found[re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()] = found[name] = permission
    found["list_objects_v2"] = "s3:ListBucket"
    # boto3's own session, not one of Glue's.
    del found["get_session"]
    return found


def permissions() -> dict[str, str]:
    """Each permission that is needed, and a place that needs it."""
    needed: dict[str, str] = {}
    for folder in SENDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for line, permission in _calls(file):
                needed.setdefault(permission, f"{file.relative_to(ROOT)}:{line}")
    return needed


def _calls(file: Path) -> Iterator[tuple[int, str]]:
    """Methods of clients that are called, and operations that are named: a plan sends what it names."""
    known = operations()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            for permission in TRANSFERS.get(node.func.attr, ()):
                yield node.lineno, permission
            if node.func.attr in known and "_" in node.func.attr:
                yield node.lineno, known[node.func.attr]
        named = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if named in known and re.search("[A-Z_]", named):
            yield node.lineno, known[named]
