"""A model's requests by what its archives hold: other content has other names, the same has the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from account_cases import BUCKET, Account
from botocore.exceptions import ClientError
from model_cases import FEATURE_NAMES, SCHEMA, bundle_files, features_of, raw, table_of, train
from service_cases import ROLE
from tests_paths import ROOT

from pipeline.bundle.archive import read_files
from pipeline.config import PipelineConfig, load_config
from pipeline.errors import ModelError
from pipeline.operators.values import to_json
from pipeline.packaging.archives import sparkml_archive, xgboost_archive
from pipeline.plan import Plan, plan_requests, resolve_settings
from pipeline.plan.model import archives_of
from pipeline.sending.objects import split
from pipeline.sending.release import release

SETTINGS = {"AWS_REGION": "us-east-1", "SAGEMAKER_ROLE": ROLE, "SAGEMAKER_BUCKET": BUCKET}
TUNING = {"objective": "validation:rmse", "ranges": {"eta": {"min": 0.1, "max": 0.3}}}
# Container by container, what is in the archive of each.
LAYOUTS = {
    "fused": [{"xgboost-model", "code/inference.py"}],
    "two-containers": [{"root/model.json"}, {"xgboost-model"}],
}


def planned(key: str, example: str = "abalone", **section: Any) -> tuple[Plan, PipelineConfig]:
    file = ROOT / "examples" / example / "pipeline.yml"
    config = load_config(file)
    config = config.model_copy(update={"sagemaker": type(config.sagemaker).model_validate(section)})
    return plan_requests(config, file, resolve_settings(config.sagemaker, SETTINGS), key), config


def booster(folder: Path, rounds: int = 2) -> Path:
    """A training job's archive."""
    features = features_of(table_of(50))
    return xgboost_archive(raw(train(features, {}, rounds=rounds)), folder / f"trained-{rounds}.tar.gz")


@pytest.fixture
def left(account: Account, tmp_path: Path) -> Any:
    """Puts into S3 what a run's jobs leave; returns the URI of the training job's archive."""

    def leave(plan: Plan, rounds: int = 2) -> str:
        bucket, root = split(plan.root)
        bundle = sparkml_archive(bundle_files(), tmp_path / "bundle.tar.gz")
        account.s3.upload_file(str(bundle), bucket, f"{root}/etl/model.tar.gz")
        summary = {"features": {"names": FEATURE_NAMES}, "zeros_are_missing": False, "classes": None}
        for name, content in (("schema.json", to_json(SCHEMA.to_dict())), ("summary.json", json.dumps(summary))):
            account.s3.put_object(Bucket=bucket, Key=f"{root}/etl/{name}", Body=content.encode())
        # Not where the plan looks for it: the operator may have had to take another name.
        account.s3.upload_file(str(booster(tmp_path, rounds)), bucket, f"{root}/training/other/output/model.tar.gz")
        return f"{plan.root}/training/other/output/model.tar.gz"

    return leave


def contents(account: Account, uri: str, folder: Path) -> dict[str, bytes]:
    path = folder / "found.tar.gz"
    account.s3.download_file(*split(uri), str(path))
    return dict(read_files(path))


@pytest.mark.parametrize("tuning", [None, TUNING])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_container_s_archive_is_kept_where_nothing_overwrites_it(
    account: Account, left: Any, tmp_path: Path, layout: str, tuning: Any
) -> None:
    key = f"{layout}{tuning is None}".replace("-", "")
    plan, config = planned(key, model={"layout": layout}, tuning=tuning)
    trained = left(plan)
    made = release(plan, config, account.clients, trained)
    assert list(made) == [step.name for step in plan.steps if step.name not in ("processing", "training", "tuning")]
    archives = archives_of(made["model"])
    assert len(set(archives)) == len(archives) == len(LAYOUTS[layout])
    for uri, members in zip(archives, LAYOUTS[layout], strict=True):
        assert uri.startswith(f"{plan.root}/model/")
        assert contents(account, uri, tmp_path).keys() >= members
    wanted = read_files(booster(tmp_path))["xgboost-model"]
    assert contents(account, archives[-1], tmp_path)["xgboost-model"] == wanted
    # One name in all requests.
    name = made["model"]["ModelName"]
    assert name.startswith(f"abalone-{key}")
    assert made["transform"]["ModelName"] == name
    assert [variant["ModelName"] for variant in made["endpoint-config"]["ProductionVariants"]] == [name]
    assert made["endpoint"]["EndpointConfigName"] == made["endpoint-config"]["EndpointConfigName"]
    assert (name, made["endpoint"]["EndpointConfigName"]) != (f"abalone-{key}-model", f"abalone-{key}-config")


def test_the_same_content_has_the_same_names_and_other_content_others(account: Account, left: Any) -> None:
    plan, config = planned("again", registration={"group": "abalone"}, endpoint={"name": "serving"})
    first = release(plan, config, account.clients, left(plan))
    assert release(plan, config, account.clients, left(plan)) == first
    other = release(plan, config, account.clients, left(plan, rounds=3))
    for step, member in (
        ("model", "ModelName"),
        ("endpoint-config", "EndpointConfigName"),
        ("model-package", "ClientToken"),
    ):
        assert first[step][member] != other[step][member]
    assert not set(archives_of(first["model"])) & set(archives_of(other["model"]))
    assert first["endpoint"]["EndpointName"] == other["endpoint"]["EndpointName"] == "serving"
    assert max(len(made["model-package"]["ClientToken"]) for made in (first, other)) <= 36
    specification = first["model-package"]["InferenceSpecification"]["Containers"]
    assert [container["ModelDataUrl"] for container in specification] == archives_of(first["model"])
    # What the first model serves from is still there.
    for uri in archives_of(first["model"]):
        bucket, key = split(uri)
        assert account.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0


def test_another_request_is_another_model_though_its_archives_are_the_same(account: Account, left: Any) -> None:
    names = set()
    for level in ("20", "30"):
        plan, config = planned("request", model={"environment": {"SAGEMAKER_CONTAINER_LOG_LEVEL": level}})
        names.add(release(plan, config, account.clients, left(plan))["model"]["ModelName"])
    assert len(names) == 2


def test_without_endpoint_and_transform_only_the_model_is_named(account: Account, left: Any) -> None:
    plan, config = planned("alone", endpoint=None, transform=None)
    assert list(release(plan, config, account.clients, left(plan))) == ["model"]


@pytest.mark.parametrize("tuning", [None, {"objective": "test:rmse", "ranges": {"epochs": {"min": 1, "max": 3}}}])
def test_a_recommender_s_archive_is_taken_as_it_was_trained(account: Account, tmp_path: Path, tuning: Any) -> None:
    plan, config = planned(f"rated{tuning is None}", "recommender", tuning=tuning)
    trained = f"{plan.root}/training/job/output/model.tar.gz"
    bucket, key = split(trained)
    account.s3.upload_file(str(booster(tmp_path)), bucket, key)
    (uri,) = archives_of(release(plan, config, account.clients, trained)["model"])
    assert uri.startswith(f"{plan.root}/model/")
    account.s3.download_file(*split(uri), str(tmp_path / "kept"))
    assert (tmp_path / "kept").read_bytes() == booster(tmp_path).read_bytes()


def test_what_the_jobs_did_not_leave_is_missed_by_name(account: Account, left: Any, tmp_path: Path) -> None:
    plan, config = planned("missing")
    with pytest.raises(ClientError, match="404"):
        release(plan, config, account.clients, f"{plan.root}/training/job/output/model.tar.gz")
    trained = left(plan)
    account.s3.upload_file(str(sparkml_archive(bundle_files(), tmp_path / "no-booster.tar.gz")), *split(trained))
    with pytest.raises(ModelError, match="holds no xgboost-model"):
        release(plan, config, account.clients, trained)
    assert account.keys(f"{split(plan.root)[1]}/model/") == []
