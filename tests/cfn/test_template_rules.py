"""The templates: no finding of cfn-lint's, none of our own rules, and these rules find what they are for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from template_rules import RULES, problems
from tests_paths import ROOT

from pipeline.cloud.templates import ORDER, load_templates, parse_template

FOLDER = ROOT / "cfn"
# CloudFormation takes no longer one in a request.
LONGEST_BODY = 51_200

GROUP = "{Type: AWS::EC2::SecurityGroup, Properties: {SecurityGroupEgress: [{IpProtocol: tcp}], %s}}"
BUCKET = """{Type: AWS::S3::Bucket, DeletionPolicy: Delete, UpdateReplacePolicy: Retain, Properties: {
  VersioningConfiguration: {Status: Enabled},
  PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true,
    RestrictPublicBuckets: true},
  OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]},
  BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]},
  LifecycleConfiguration: {Rules: [{NoncurrentVersionExpiration: {NoncurrentDays: 1}}]}}}"""
ROLE = """{Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow,
  Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]},
  Policies: [{PolicyDocument: {Statement: [%s]}}]}}"""
FUNCTION = "{Type: AWS::Lambda::Function, DependsOn: Log, Properties: {DeadLetterConfig: {}}}"

# A resource, and what the rules must say of it.
WRONG = [
    (GROUP % "SecurityGroupIngress: [{CidrIp: 0.0.0.0/0}]", "lets in 0.0.0.0/0"),
    (GROUP % "SecurityGroupIngress: [!If [C, {CidrIpv6: '::/0'}, !Ref AWS::NoValue]]", "lets in ::/0"),
    (GROUP % "SecurityGroupIngress: [{CidrIp: !Ref Wide}]", "the parameter Wide may be the world"),
    (GROUP % "SecurityGroupIngress: [{CidrIp: !Ref Given}]", "by default"),
    ("{Type: AWS::EC2::SecurityGroupIngress, Properties: {CidrIp: 0.0.0.0/0}}", "lets in 0.0.0.0/0"),
    (
        "{Type: AWS::EC2::SecurityGroupIngress, Properties: {IpProtocol: -1, GroupId: a, SourceSecurityGroupId: b}}",
        "lets in everything",
    ),
    ("{Type: AWS::EC2::SecurityGroup, Properties: {}}", "lets everything out"),
    ("{Type: AWS::EC2::SecurityGroupEgress, Properties: {IpProtocol: -1, GroupId: a}}", "lets everything out"),
    ("{Type: AWS::EC2::Subnet, Properties: {MapPublicIpOnLaunch: true}}", "gives public addresses"),
    (
        "{Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {MetadataOptions: {HttpTokens: optional}}}}",
        "has no IMDSv2",
    ),
    ("{Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {}}}", "has a disk that is not encrypted"),
    ("{Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {KeyName: k}}}", "takes a key for SSH"),
    ("{Type: AWS::EC2::Instance, Properties: {ImageId: ami}}", "beside its launch template"),
    (BUCKET, "is reached without TLS"),
    (BUCKET.replace("Status: Enabled", "Status: Suspended"), "keeps no versions"),
    (BUCKET.replace("IgnorePublicAcls: true", "IgnorePublicAcls: false"), "may be public"),
    (BUCKET.replace("SSEAlgorithm: AES256", "SSEAlgorithm: none"), "is not encrypted"),
    (BUCKET.replace("BucketOwnerEnforced", "ObjectWriter"), "has access lists"),
    (BUCKET.replace("UpdateReplacePolicy: Retain, ", ""), "says no UpdateReplacePolicy"),
    ("{Type: AWS::RDS::DBInstance, Properties: {MasterUserPassword: hunter2}}", "password outside of Secrets Manager"),
    ("{Type: AWS::RDS::DBInstance, Properties: {PubliclyAccessible: true}}", "is public"),
    ("{Type: AWS::RDS::DBInstance, DeletionPolicy: Delete, Properties: {}}", "leaves no snapshot"),
    ("{Type: AWS::SNS::Topic}", "is not encrypted"),
    ("{Type: AWS::SQS::Queue}", "is not encrypted"),
    ("{Type: AWS::KMS::Key}", "is not rotated"),
    ("{Type: AWS::SecretsManager::Secret, Properties: {SecretString: hunter2}}", "a text that somebody knows"),
    ("{Type: AWS::Logs::LogGroup}", "is kept for ever"),
    (FUNCTION, "makes its log itself"),
    (FUNCTION.replace("DeadLetterConfig: {}", ""), "loses what fails"),
    (ROLE % "{Effect: Allow, Action: 's3:*', Resource: a}", "any action of a kind"),
    (ROLE % "{Effect: Allow, NotAction: 's3:GetObject', Resource: a}", "any action of a kind"),
    (ROLE % "{Effect: Allow, Action: 's3:GetObject', Resource: '*'}", "allows ['s3:GetObject'] on everything"),
    (ROLE % "{Effect: Allow, Action: 's3:GetObject', Resource: !If [C, '*', a]}", "on everything"),
    (ROLE % "{Effect: Allow, Action: 's3:GetObject', NotResource: a}", "everything but a"),
    (ROLE % "{Effect: Allow, Action: 'iam:PassRole', Resource: a}", "passes roles to any service"),
    (ROLE % "{Effect: Allow, Action: 'cloudwatch:PutMetricData', Resource: '*'}", "writes any metric"),
    (ROLE.replace("Service: ec2.amazonaws.com", "AWS: '*'") % "", "is for anybody"),
    (ROLE.replace("ec2.", "sagemaker.") % "", "is for any account's"),
    (
        ROLE.replace("Properties: {", "Properties: {ManagedPolicyArns: ['arn:x:iam::aws:policy/Admin'], ") % "",
        "policy of AWS's",
    ),
    (ROLE.replace("Properties: {", "Properties: {RoleName: r, ") % "", "has a name of its own"),
    ("{Type: A::B::C, Properties: {Arn: 'arn:aws:s3:::b'}}", "arn:aws:s3:::b"),
    ("{Type: A::B::C, Properties: {Zone: eu-central-1a, Region: eu-central-1}}", "eu-central-1"),
    ("{Type: A::B::C, Properties: {Account: '123456789012'}}", "123456789012"),
]
PARAMETERS = """
Parameters:
  Wide: {Type: String, Default: "", AllowedPattern: '.*', Description: d}
  Given: {Type: String, Default: 10.0.0.0/8, AllowedPattern: '10.*', Description: d}
"""


@pytest.mark.parametrize("name", ORDER)
def test_a_template_keeps_to_the_rules(name: str) -> None:
    template = load_templates()[name]
    assert problems(parse_template(template.body)) == []
    assert len(template.body.encode()) < LONGEST_BODY


@pytest.mark.parametrize(("resource", "said"), WRONG)
def test_the_rules_find_what_is_wrong(resource: str, said: str) -> None:
    document = parse_template(f"{PARAMETERS}\nResources:\n  Thing: {resource}\n")
    found = problems(document)
    assert any(said in problem for problem in found), found


def test_the_rules_find_wrong_parameters_and_outputs() -> None:
    text = "Parameters:\n  DbPassword: {Type: String}\nResources: {}\nOutputs:\n  O: {Value: v}\n"
    said = " ".join(problems(parse_template(text)))
    for words in ("DbPassword is not described", "may be anything", "is a password", "O is not described"):
        assert words in said


def test_each_rule_has_been_seen_to_find_something() -> None:
    texts = [f"{PARAMETERS}\nResources:\n  Thing: {resource}\n" for resource, _ in WRONG]
    texts.append("Parameters:\n  DbPassword: {Type: String}\nResources: {}\n")
    documents = [parse_template(text) for text in texts]
    assert [rule.__name__ for rule in RULES if not any(list(rule(document)) for document in documents)] == []


def test_all_templates_are_deployed() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.yaml")) == sorted(ORDER)


def test_cfn_lint_finds_nothing() -> None:
    files = map(str, sorted(FOLDER.glob("*.yaml")))
    done = cfn_lint("--include-checks", "I", "--", *files)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_cfn_lint_finds_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: {Nonsense: 1}\n")
    assert "E3002" in cfn_lint(str(file)).stdout


def cfn_lint(*words: str) -> subprocess.CompletedProcess[str]:
    """cfn-lint as a child."""
    return subprocess.run(
        [sys.executable, "-c", "from cfnlint.runner import main; main()", *words],
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
