"""What deploy and destroy say when something is wrong, and that they go on from where they failed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from cloud import Cloud

from pipeline.cli.main import app
from pipeline.cloud.buckets import count_objects, empty, mirror, put
from pipeline.cloud.clients import make_cloud_clients
from pipeline.cloud.packages import dag_files, machine_archive, startup_script, trigger_code
from pipeline.cloud.parameters import parse_given, resolve
from pipeline.cloud.stacks import Stacks
from pipeline.cloud.templates import load_templates
from pipeline.errors import ConfigError, DeploymentError

BUCKET = "{Type: AWS::S3::Bucket}"
QUEUE = (
    "Parameters: {Seconds: {Type: Number, Default: 5}}\nResources:\n  %s: {Type: AWS::SQS::Queue, Properties: {%s}}\n"
)
GOOD = QUEUE % ("Queue", "VisibilityTimeout: !Ref Seconds")
# A policy of a bucket that there is not.
BAD = (
    GOOD
    + "  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: never-there, PolicyDocument: {Statement: []}}}\n"
)


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def stacks(aws: Cloud, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> Stacks:
    for name, value in aws.variables.items():
        monkeypatch.setenv(name, value)
    return Stacks(make_cloud_clients(), lines.append)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["deploy", "nonsense"], "there is no stack 'nonsense'\n  hint: stacks: bucket, network"),
        (["destroy", "nonsense"], "there is no stack 'nonsense'"),
        (["deploy", "-p", "Nonsense=1"], "Nonsense is no parameter\n  hint: parameters: "),
        (["deploy", "-p", "trigger.Nonsense=1"], "trigger.Nonsense is no parameter"),
        (["deploy", "-p", "nowhere.DagId=1"], "there is no stack 'nowhere'"),
        (["deploy", "-p", "DagId"], "found the parameter 'DagId'"),
        (["deploy", "--tag", "team"], "found the tag 'team'"),
        (["deploy", "trigger"], "stack trigger needs DagId\n  hint: give it: --parameter DagId=..."),
        (
            ["deploy", "trigger", "-p", "DagId=churn"],
            "stack trigger needs AirflowUrl or MwaaEnvironment\n  hint: give it",
        ),
        (["deploy", "endpoint"], "stack endpoint needs ModelName"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_made(
    aws: Cloud, words: list[str], answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws.variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        app(words, standalone_mode=False)
    assert answer in str(caught.value)
    assert aws.client("cloudformation").describe_stacks()["Stacks"] == []


def test_an_error_is_a_message_and_status_1(aws: Cloud) -> None:
    done = aws.run("deploy", "nonsense", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: there is no stack 'nonsense'\n  hint: ")


def test_a_creation_that_fails_names_the_resource_and_is_begun_anew(stacks: Stacks, lines: list[str]) -> None:
    with pytest.raises(
        DeploymentError, match=r"stack first: Policy \(AWS::S3::BucketPolicy\): .*NoSuchBucket"
    ) as caught:
        stacks.apply("first", BAD, {"Seconds": "5"}, {})
    assert "cancelled" not in str(caught.value)
    assert any("CREATE_FAILED AWS::S3::BucketPolicy Policy" in line for line in lines)
    left = stacks.find("first")
    assert left is not None
    assert left.status == "ROLLBACK_COMPLETE"
    _, change = stacks.apply("first", GOOD, {"Seconds": "5"}, {})
    assert change == "created"
    assert "first: ROLLBACK_COMPLETE, deleted first" in lines
    assert stacks.delete("first")


def test_an_update_that_fails_leaves_what_was_there(stacks: Stacks) -> None:
    stacks.apply("second", GOOD, {"Seconds": "5"}, {})
    with pytest.raises(DeploymentError, match=r"stack second: Policy \(AWS::S3::BucketPolicy\)") as caught:
        stacks.apply("second", BAD, {"Seconds": "5"}, {})
    assert caught.value.hint == "what was there before the update serves on"
    stack, change = stacks.apply("second", GOOD, {"Seconds": "9"}, {})
    assert (change, stack.status, stack.parameters) == ("updated", "UPDATE_COMPLETE", {"Seconds": "9"})
    assert stacks.apply("second", GOOD, {"Seconds": "9"}, {})[1] == "unchanged"
    assert stacks.delete("second")
    assert not stacks.delete("second")


def test_a_stack_that_cannot_be_deleted_says_why_and_is_tried_again(aws: Cloud, stacks: Stacks) -> None:
    body = load_templates()["bucket"].body
    stack, _ = stacks.apply("third", body, {}, {})
    aws.client("s3").put_object(Bucket=stack.outputs["Bucket"], Key="key", Body=b"")
    with pytest.raises(
        DeploymentError, match=r"third is not deleted: DataBucket \(AWS::S3::Bucket\): .*BucketNotEmpty"
    ):
        stacks.delete("third")
    empty(aws.client("s3"), stack.outputs["Bucket"], lambda line: None)
    aws.client("s3").delete_bucket(Bucket=stack.outputs["Bucket"])


def test_somebody_elses_work_on_a_stack_is_waited_for(aws: Cloud, stacks: Stacks, lines: list[str]) -> None:
    aws.client("cloudformation").create_stack(StackName="fourth", TemplateBody=GOOD)
    found = stacks.find("fourth")
    assert found is not None
    began = time.monotonic()
    statuses = iter(["UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])
    finding = stacks.find
    stacks.find = lambda name: _with_status(finding(name), next(statuses, None))  # type: ignore[method-assign]
    assert stacks.delete("fourth")
    assert "fourth: UPDATE_IN_PROGRESS, waited for" in lines
    assert time.monotonic() - began < 30


def test_a_stack_in_a_state_that_takes_no_update_is_told_with_what_helps(stacks: Stacks) -> None:
    stacks.apply("fifth", GOOD, {"Seconds": "5"}, {})
    finding = stacks.find
    stacks.find = lambda name: _with_status(finding(name), "UPDATE_ROLLBACK_FAILED")  # type: ignore[method-assign]
    with pytest.raises(DeploymentError, match="fifth is in state UPDATE_ROLLBACK_FAILED") as caught:
        stacks.apply("fifth", GOOD, {"Seconds": "5"}, {})
    assert "continue-update-rollback --stack-name fifth" in str(caught.value.hint)
    stacks.find = finding  # type: ignore[method-assign]
    stacks.delete("fifth")


def test_a_bucket_of_ones_own_is_taken_and_left(aws: Cloud) -> None:
    place = {"LocationConstraint": "eu-central-1"}
    aws.client("s3").create_bucket(Bucket="my-own-bucket", CreateBucketConfiguration=place)
    done = aws.run("deploy", "--stack-name", "mine", "--bucket", "my-own-bucket")
    assert done.stderr.count(": created") == 1
    assert "export SAGEMAKER_BUCKET=my-own-bucket" in done.stderr
    aws.client("s3").put_object(Bucket="my-own-bucket", Key="kept", Body=b"")
    assert aws.run("destroy", "--stack-name", "mine").stdout == "1 stacks deleted\n"
    assert [found["Key"] for found in aws.objects("my-own-bucket")] == ["kept"]


def test_no_region_and_no_reach_are_said(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(ConfigError, match="region is said nowhere"):
        make_cloud_clients()
    assert make_cloud_clients("eu-west-1").region == "eu-west-1"


def test_a_mirror_has_what_the_folder_has_and_older_versions_stay(aws: Cloud) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="mirrored", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket="mirrored", VersioningConfiguration={"Status": "Enabled"})
    files = {f"{number}.py": b"%d" % number for number in range(250)}
    assert mirror(s3, "mirrored", "dags", {**files, "mine/a.yml": b"a"}) == 251
    assert mirror(s3, "mirrored", "dags", files, keep=("mine/",)) == 0
    assert mirror(s3, "mirrored", "dags", {"0.py": b"new"}) == 1 + 249 + 1
    assert [found["Key"] for found in aws.objects("mirrored")] == ["dags/0.py"]
    first = put(s3, "mirrored", "one", b"1")
    assert put(s3, "mirrored", "one", b"1") == first != put(s3, "mirrored", "one", b"2")
    count = count_objects(s3, "mirrored")
    assert count == 251 + 1 + 250 + 2
    # As many pages as a full bucket has.
    s3.meta.events.register(
        "provide-client-params.s3.ListObjectVersions", lambda params, **_: {**params, "MaxKeys": 100}
    )
    assert empty(s3, "mirrored", lambda line: None) == count
    assert (count_objects(s3, "mirrored"), count_objects(s3, "never-there")) == (0, 0)


def test_packages_are_the_same_bytes_for_the_same_files(tmp_path: Path) -> None:
    assert machine_archive() == machine_archive()
    assert trigger_code() == trigger_code()
    assert startup_script({"A": "it's", "B": "b"}) == b"#!/bin/sh\nexport A='it'\"'\"'s'\nexport B=b\n"
    with pytest.raises(ConfigError, match="has no pipeline file"):
        dag_files(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "pipeline.yml").write_text("name: mine")
    assert dag_files(tmp_path)["pipelines/mine/pipeline.yml"] == b"name: mine"


def test_parameters_come_from_the_nearest_who_says_them() -> None:
    template = load_templates()["trigger"]
    given = parse_given(["DagId=all", "trigger.DagId=own", "AirflowPort=1=2"], load_templates(), "bucket").of(template)
    assert given == {"Bucket": "bucket", "DagId": "own", "AirflowPort": "1=2"}
    sources = ({"CodeKey": "k"}, given, {"VpcId": "v", "PrivateSubnetIds": "s"}, {"VpcId": "before", "LogDays": "7"})
    found = resolve(template, *sources)
    assert found["VpcId"] == "v"
    assert (found["LogDays"], found["InputPrefix"]) == ("7", "incoming/")
    with pytest.raises(ConfigError, match="stack trigger needs CodeKey"):
        resolve(template, given)


def _with_status(stack, status):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return stack if stack is None or status is None else replace(stack, status=status)
