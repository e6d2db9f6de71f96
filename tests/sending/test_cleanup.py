"""A run undone: what AWS has named for it goes too, and what another run made stays."""

from __future__ import annotations

from typing import Any

import pytest
from account_cases import BUCKET, Account, plan_of
from botocore.exceptions import ClientError
from service_cases import XGBOOST

from pipeline.plan.steps import Plan
from pipeline.sending.cleanup import clean_up
from pipeline.sending.named import named


def cleaned(plan: Plan, account: Account) -> list[str]:
    said: list[str] = []
    assert clean_up(plan, account.clients, said.append) == len(said)
    return said


def test_a_tuning_job_goes_with_its_training_jobs(account: Account) -> None:
    jobs = {}
    for name in ("swept-k1-tune", "swept-k10-tune"):
        account.tuning(name, f"s3://{BUCKET}/swept/training")
        account.ended("HyperParameterTuningJob", name)
        (jobs[name],) = named(account.clients, "TrainingJob", f"{name}-")
    plan = plan_of("swept", "k1", ("CreateHyperParameterTuningJob", {"HyperParameterTuningJobName": "swept-k1-tune"}))
    assert cleaned(plan, account) == [
        "DeleteHyperParameterTuningJob: swept-k1-tune",
        f"DeleteTrainingJob: {jobs['swept-k1-tune']}",
    ]
    assert list(named(account.clients, "TrainingJob", "swept-")) == [jobs["swept-k10-tune"]]
    # One that outlived its tuning job is found all the same.
    account.training("swept-k1-tune-001-abc")
    assert cleaned(plan, account) == ["DeleteTrainingJob: swept-k1-tune-001-abc"]
    assert cleaned(plan, account) == []


def registered(account: Account, key: str) -> tuple[Plan, str]:
    """A run that has registered a version of its model; the version's ARN."""
    containers = [{"Image": XGBOOST, "ModelDataUrl": f"s3://{BUCKET}/ages/{key}/model/model.tar.gz"}]
    group = {"ModelPackageGroupName": "ages"}
    package = {
        **group,
        "InferenceSpecification": {
            "Containers": containers,
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    }
    plan = plan_of("ages", key, ("CreateModelPackageGroup", group), ("CreateModelPackage", package))
    return plan, account.sagemaker.create_model_package(**package)["ModelPackageArn"]


def versions(account: Account) -> list[str]:
    listed = account.sagemaker.list_model_packages(ModelPackageGroupName="ages")
    return [found["ModelPackageArn"] for found in listed["ModelPackageSummaryList"]]


def test_of_a_group_that_runs_share_each_deletes_its_own_versions(account: Account) -> None:
    group: dict[str, Any] = {"ModelPackageGroupName": "ages"}
    account.sagemaker.create_model_package_group(**group)
    # The key of one begins as the other's.
    (first, one), (second, two) = registered(account, "k1"), registered(account, "k12")
    _, again = registered(account, "k1")
    assert versions(account) == [one, two, again]
    assert cleaned(first, account) == [f"DeleteModelPackage: {one}", f"DeleteModelPackage: {again}"]
    assert versions(account) == [two]
    assert cleaned(first, account) == []
    assert cleaned(second, account) == [f"DeleteModelPackage: {two}", "DeleteModelPackageGroup: ages"]
    with pytest.raises(ClientError, match="does not exist"):
        account.sagemaker.describe_model_package_group(**group)
    assert cleaned(second, account) == []
