"""What every template must keep to: each rule yields what is wrong, by the resource's name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Document = dict[str, Any]
Rule = Callable[[Document], Iterator[str]]
RULES: list[Rule] = []

# What loses something for good when it goes.
STATEFUL = {
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "AWS::SQS::Queue",
}
# Actions for which AWS takes no resource, by its service authorization reference.
NAMELESS = {
    "cloudwatch:PutMetricData",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ecr:GetAuthorizationToken",
    "logs:DescribeLogGroups",
    "s3:GetAccountPublicAccessBlock",
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListHyperParameterTuningJobs",
    "sagemaker:ListModels",
    "sagemaker:ListProcessingJobs",
    "sagemaker:ListTrainingJobs",
    "sagemaker:ListTransformJobs",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
# Services that act for anybody who asks: their roles must say for which account.
DEPUTIES = {"sagemaker.amazonaws.com", "glue.amazonaws.com", "vpc-flow-logs.amazonaws.com"}
WORLD = ("0.0.0.0/0", "::/0")


def rule(function: Rule) -> Rule:
    """Adds a rule."""
    RULES.append(function)
    return function


def problems(document: Document) -> list[str]:
    """All that is wrong with a template, each with its rule's name."""
    return [f"{check.__name__}: {problem}" for check in RULES for problem in check(document)]


def of_type(document: Document, *kinds: str) -> Iterator[tuple[str, Document, Document]]:
    """Name, resource and properties of the resources of these types."""
    for name, resource in document.get("Resources", {}).items():
        if resource["Type"] in kinds:
            yield name, resource, resource.get("Properties", {})


def each(value: Any) -> Iterator[Any]:
    """The elements of a list, or the value; of Fn::If what either way gives."""
    if isinstance(value, dict) and "Fn::If" in value:
        for branch in value["Fn::If"][1:]:
            yield from each(branch)
    elif isinstance(value, list):
        for element in value:
            yield from each(element)
    elif value != {"Ref": "AWS::NoValue"} and value is not None:
        yield value


def walk(value: Any) -> Iterator[Any]:
    """Every value in a template."""
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(inner)


def statements(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Each statement of each policy, with its resource's name and type."""
    for name, resource in document.get("Resources", {}).items():
        for value in walk(resource.get("Properties", {})):
            if isinstance(value, dict) and "Statement" in value:
                for statement in each(value["Statement"]):
                    yield name, resource["Type"], statement


def ingress(document: Document) -> Iterator[tuple[str, Document]]:
    """Each rule that lets something in."""
    for name, _, properties in of_type(document, "AWS::EC2::SecurityGroup"):
        for allowed in each(properties.get("SecurityGroupIngress", [])):
            yield name, allowed
    for name, _, properties in of_type(document, "AWS::EC2::SecurityGroupIngress"):
        yield name, properties


@rule
def nothing_is_open_to_the_world(document: Document) -> Iterator[str]:
    for name, allowed in ingress(document):
        for place in each([allowed.get("CidrIp"), allowed.get("CidrIpv6")]):
            if isinstance(place, str):
                if place in WORLD:
                    yield f"{name} lets in {place}"
                continue
            parameter = document["Parameters"].get(place.get("Ref"), {})
            if parameter.get("Default") != "":
                yield f"{name} lets in {place} by default"
            if any(re.match(parameter.get("AllowedPattern", ""), world) for world in WORLD):
                yield f"{name}: the parameter {place['Ref']} may be the world"


@rule
def all_ports_are_for_the_group_itself(document: Document) -> Iterator[str]:
    for name, allowed in ingress(document):
        itself = allowed.get("SourceSecurityGroupId") == allowed.get("GroupId", object())
        if str(allowed.get("IpProtocol")) == "-1" and not itself:
            yield f"{name} lets in everything"


@rule
def groups_say_what_goes_out(document: Document) -> Iterator[str]:
    for name, _, properties in of_type(document, "AWS::EC2::SecurityGroup"):
        outward = list(each(properties.get("SecurityGroupEgress", [])))
        if not outward or any(str(one["IpProtocol"]) == "-1" for one in outward):
            yield f"{name} lets everything out"
    for name, _, properties in of_type(document, "AWS::EC2::SecurityGroupEgress"):
        if (
            str(properties["IpProtocol"]) == "-1"
            and properties.get("DestinationSecurityGroupId") != properties["GroupId"]
        ):
            yield f"{name} lets everything out"


@rule
def machines_stay_inside(document: Document) -> Iterator[str]:
    for name, _, properties in of_type(document, "AWS::EC2::Subnet"):
        if properties.get("MapPublicIpOnLaunch") is not False:
            yield f"{name} gives public addresses"
    for name, _, properties in of_type(document, "AWS::EC2::LaunchTemplate"):
        data = properties["LaunchTemplateData"]
        if any(one.get("AssociatePublicIpAddress") is not False for one in data.get("NetworkInterfaces", [{}])):
            yield f"{name} gives public addresses"
        if data.get("MetadataOptions", {}).get("HttpTokens") != "required":
            yield f"{name} has no IMDSv2"
        if any(one.get("Ebs", {}).get("Encrypted") is not True for one in data.get("BlockDeviceMappings", [{}])):
            yield f"{name} has a disk that is not encrypted"
        if "KeyName" in data:
            yield f"{name} takes a key for SSH"
    for name, _, properties in of_type(document, "AWS::EC2::Instance"):
        if set(properties) - {"LaunchTemplate", "Tags"}:
            yield f"{name} says something beside its launch template"


@rule
def buckets_are_private_encrypted_and_versioned(document: Document) -> Iterator[str]:
    kinds = ("AWS::S3::BucketPolicy",)
    guarded = {json.dumps(properties["Bucket"]) for _, _, properties in of_type(document, *kinds) if _tls(properties)}
    for name, _, properties in of_type(document, "AWS::S3::Bucket"):
        if "BucketName" in properties:
            yield f"{name} has a name of its own, which somebody else may have"
        if properties.get("VersioningConfiguration") != {"Status": "Enabled"}:
            yield f"{name} keeps no versions"
        block = properties.get("PublicAccessBlockConfiguration", {})
        wanted = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        if [block.get(key) for key in wanted] != [True] * 4:
            yield f"{name} may be public"
        if properties.get("OwnershipControls") != {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}:
            yield f"{name} has access lists"
        rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
        algorithms = {found for one in rules for found in each(one["ServerSideEncryptionByDefault"]["SSEAlgorithm"])}
        if not algorithms or algorithms - {"AES256", "aws:kms"}:
            yield f"{name} is not encrypted"
        ends = [
            one.get("NoncurrentVersionExpiration")
            for one in properties.get("LifecycleConfiguration", {}).get("Rules", [])
        ]
        if not any(ends):
            yield f"{name} keeps old versions for ever"
        if json.dumps({"Ref": name}) not in guarded:
            yield f"{name} is reached without TLS"


@rule
def databases_are_private_encrypted_and_kept(document: Document) -> Iterator[str]:
    for name, resource, properties in of_type(document, "AWS::RDS::DBInstance"):
        if properties.get("StorageEncrypted") is not True:
            yield f"{name} is not encrypted"
        if properties.get("PubliclyAccessible") is not False:
            yield f"{name} is public"
        if "BackupRetentionPeriod" not in properties:
            yield f"{name} says nothing of backups"
        if {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")} != {"Snapshot"}:
            yield f"{name} leaves no snapshot"
        password = json.dumps(properties.get("MasterUserPassword"))
        if "{{resolve:secretsmanager:" not in password:
            yield f"{name} has a password outside of Secrets Manager"


@rule
def what_is_kept_is_encrypted(document: Document) -> Iterator[str]:
    for name, _, properties in of_type(document, "AWS::SNS::Topic"):
        if "KmsMasterKeyId" not in properties:
            yield f"{name} is not encrypted"
    for name, _, properties in of_type(document, "AWS::SQS::Queue"):
        if properties.get("SqsManagedSseEnabled") is not True:
            yield f"{name} is not encrypted"
    for name, _, properties in of_type(document, "AWS::KMS::Key"):
        if properties.get("EnableKeyRotation") is not True:
            yield f"{name} is not rotated"
    for name, _, properties in of_type(document, "AWS::SecretsManager::Secret"):
        if "SecretString" in properties or "GenerateSecretString" not in properties:
            yield f"{name} has a text that somebody knows"


@rule
def deletion_and_retention_are_said(document: Document) -> Iterator[str]:
    for name, resource, _ in of_type(document, *STATEFUL):
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if policy not in resource:
                yield f"{name} says no {policy}"
    for name, _, properties in of_type(document, "AWS::Logs::LogGroup"):
        if "RetentionInDays" not in properties:
            yield f"{name} is kept for ever"


@rule
def functions_have_logs_and_lose_nothing(document: Document) -> Iterator[str]:
    groups = [properties.get("LogGroupName") for _, _, properties in of_type(document, "AWS::Logs::LogGroup")]
    for name, resource, properties in of_type(document, "AWS::Lambda::Function"):
        if not any("/aws/lambda/" in json.dumps(group) for group in groups) or "DependsOn" not in resource:
            yield f"{name} makes its log itself"
        if "DeadLetterConfig" not in properties:
            yield f"{name} loses what fails"


@rule
def policies_name_what_they_allow(document: Document) -> Iterator[str]:
    for name, kind, statement in statements(document):
        if statement["Effect"] != "Allow":
            continue
        actions = set(each(statement.get("Action", [])))
        # The account that a key is in must be let use it, or nobody can any more.
        own_key = kind == "AWS::KMS::Key" and statement.get("Sid") == "Account"
        if "NotAction" in statement or (
            not own_key and any(action.endswith((":*", "*")) for action in actions - {"kms:GenerateDataKey*"})
        ):
            yield f"{name} allows any action of a kind: {sorted(actions)}"
        if "NotResource" in statement and "Condition" not in statement:
            yield f"{name} allows everything but {statement['NotResource']}"
        if kind != "AWS::KMS::Key" and "*" in list(each(statement.get("Resource", []))) and actions - NAMELESS:
            yield f"{name} allows {sorted(actions - NAMELESS)} on everything"
        if "cloudwatch:PutMetricData" in actions and "Condition" not in statement:
            yield f"{name} writes any metric"
        if "iam:PassRole" in actions and "iam:PassedToService" not in json.dumps(statement.get("Condition", {})):
            yield f"{name} passes roles to any service"


@rule
def roles_are_for_known_callers(document: Document) -> Iterator[str]:
    for name, _, properties in of_type(document, "AWS::IAM::Role"):
        if "RoleName" in properties:
            yield f"{name} has a name of its own"
        for statement in each(properties["AssumeRolePolicyDocument"]["Statement"]):
            principal = statement["Principal"]
            if principal == "*" or "*" in principal.values():
                yield f"{name} is for anybody"
                continue
            services = set(each(principal.get("Service", [])))
            if services & DEPUTIES and "aws:SourceAccount" not in json.dumps(statement.get("Condition", {})):
                yield f"{name} is for any account's {sorted(services)}"
        for policy in each(properties.get("ManagedPolicyArns", [])):
            if "iam::aws:policy" in json.dumps(policy):
                yield f"{name} has a policy of AWS's: {policy}"


@rule
def nothing_is_tied_to_an_account_or_region(document: Document) -> Iterator[str]:
    for value in walk(document):
        if isinstance(value, str) and re.search(r"arn:aws[:-]|\b\d{12}\b|\b[a-z]{2}-[a-z]+-\d\b", value):
            yield value


@rule
def parameters_are_described_and_held_to_a_form(document: Document) -> Iterator[str]:
    for name, parameter in document.get("Parameters", {}).items():
        if not parameter.get("Description"):
            yield f"{name} is not described"
        forms = ("AllowedPattern", "AllowedValues", "MinValue")
        packed = name.endswith(("Key", "Version"))
        if parameter["Type"] == "String" and not packed and not any(form in parameter for form in forms):
            yield f"{name} may be anything"
        if re.search("password", name, re.IGNORECASE):
            yield f"{name} is a password"
    for name, output in document.get("Outputs", {}).items():
        if not output.get("Description"):
            yield f"{name} is not described"


def _tls(properties: Document) -> bool:
    return any(
        statement["Effect"] == "Deny" and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in properties["PolicyDocument"]["Statement"]
    )
