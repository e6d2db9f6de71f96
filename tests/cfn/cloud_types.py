"""The types of resources that moto's CloudFormation passes over, or takes by halves.

They do what CloudFormation does: they call the services' own operations, which moto answers, with the template's
properties. Managed Airflow has no service in moto: its request is held against AWS's own constraints. Importing them is
enough for moto to know them; it wants them in a package.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, ClassVar

import boto3
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel

from pipeline.aws.constraints import message, request_problems

# Where the server is that these run in.
SERVICE: dict[str, str] = {}


def client(name: str, region: str) -> Any:
    """A client of this very server."""
    access = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(name, region_name=region, endpoint_url=SERVICE["url"], **access)


def check(operation: str, request: dict[str, Any], service: str = "sagemaker") -> None:
    """Fails where AWS would refuse a request."""
    problems = request_problems(operation, request, service)
    if problems:
        raise ValueError(message(problems))


class Taught:
    """A resource by its properties; a change is carried out like a creation."""

    kind: ClassVar[str]
    name_property: ClassVar[str] = ""
    attributes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str, region: str, properties: dict[str, Any]) -> None:
        self.name: str = properties.get(self.name_property, name)
        self.region, self.properties = region, properties
        self.found: dict[str, Any] = {}

    def apply(self) -> None:
        """Creates or changes it."""

    def remove(self) -> None:
        """Deletes it."""

    @property
    def physical_resource_id(self) -> str:
        return self.name

    def get_cfn_attribute(self, attribute: str) -> Any:
        return self.found[attribute]

    def delete(self, account: str, region: str) -> None:
        self.remove()

    def is_created(self) -> bool:
        return True

    @classmethod
    def cloudformation_type(cls) -> str:  # type: ignore[override]
        return getattr(cls, "kind", "Taught::Nothing")

    @classmethod
    def cloudformation_name_type(cls) -> str:  # type: ignore[override]
        return cls.name_property

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.attributes

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> Taught:
        made = cls(resource_name, region_name, dict(cloudformation_json.get("Properties", {})))
        made.apply()
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: Any, new_resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> Taught:
        original_resource.properties = dict(cloudformation_json.get("Properties", {}))
        original_resource.apply()
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(cls, *arguments: Any) -> None:
        raise AssertionError("delete() does it")


class Bucket(Taught, CloudFormationModel):
    kind, name_property, attributes = "AWS::S3::Bucket", "BucketName", ("Arn",)

    def apply(self) -> None:
        s3, given = client("s3", self.region), self.properties
        if not self.found:
            place = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
            s3.create_bucket(Bucket=self.name, **({} if self.region == "us-east-1" else place))
            self.found["Arn"] = f"arn:aws:s3:::{self.name}"
        rules = given["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        encryption = [
            {"BucketKeyEnabled": rule["BucketKeyEnabled"], "ApplyServerSideEncryptionByDefault": by_default}
            for rule in rules
            for by_default in [rule["ServerSideEncryptionByDefault"]]
        ]
        s3.put_bucket_encryption(Bucket=self.name, ServerSideEncryptionConfiguration={"Rules": encryption})
        s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration=given["VersioningConfiguration"])
        block = given["PublicAccessBlockConfiguration"]
        s3.put_public_access_block(Bucket=self.name, PublicAccessBlockConfiguration=block)
        s3.put_bucket_ownership_controls(Bucket=self.name, OwnershipControls=given["OwnershipControls"])
        rules = [self._rule(rule) for rule in given["LifecycleConfiguration"]["Rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=self.name, LifecycleConfiguration={"Rules": rules})
        if "NotificationConfiguration" in given:
            s3.put_bucket_notification_configuration(
                Bucket=self.name, NotificationConfiguration={"EventBridgeConfiguration": {}}
            )

    def remove(self) -> None:
        client("s3", self.region).delete_bucket(Bucket=self.name)

    @staticmethod
    def _rule(rule: dict[str, Any]) -> dict[str, Any]:
        """CloudFormation's words for S3's own."""
        named = {"Id": "ID", "ExpirationInDays": "Expiration"}
        made = {
            named.get(key, key): {"Days": value} if key == "ExpirationInDays" else value for key, value in rule.items()
        }
        return {**made, "Filter": {"Prefix": ""}}


class BucketPolicy(Taught, CloudFormationModel):
    kind = "AWS::S3::BucketPolicy"

    def apply(self) -> None:
        policy = json.dumps(self.properties["PolicyDocument"])
        client("s3", self.region).put_bucket_policy(Bucket=self.properties["Bucket"], Policy=policy)

    def remove(self) -> None:
        client("s3", self.region).delete_bucket_policy(Bucket=self.properties["Bucket"])


class Secret(Taught, CloudFormationModel):
    kind = "AWS::SecretsManager::Secret"

    def apply(self) -> None:
        secrets = client("secretsmanager", self.region)
        given = dict(self.properties)
        generate = given.pop("GenerateSecretString")
        if self.found:
            secrets.update_secret(SecretId=self.found["Arn"], **given)
            return
        options = {key: generate[key] for key in ("PasswordLength", "ExcludePunctuation") if key in generate}
        text = secrets.get_random_password(**options)["RandomPassword"]
        if "SecretStringTemplate" in generate:
            text = json.dumps({**json.loads(generate["SecretStringTemplate"]), generate["GenerateStringKey"]: text})
        self.found["Arn"] = secrets.create_secret(Name=self.name, SecretString=text, **given)["ARN"]

    def remove(self) -> None:
        client("secretsmanager", self.region).delete_secret(SecretId=self.found["Arn"], ForceDeleteWithoutRecovery=True)

    @property
    def physical_resource_id(self) -> str:
        return str(self.found["Arn"])


class Role(Taught, CloudFormationModel):
    """A role with the managed policies that moto's own leaves out."""

    kind, name_property, attributes = "AWS::IAM::Role", "RoleName", ("Arn", "RoleId")

    def apply(self) -> None:
        iam, given = client("iam", self.region), self.properties
        trust = json.dumps(given["AssumeRolePolicyDocument"])
        if self.found:
            self._strip()
            iam.update_assume_role_policy(RoleName=self.name, PolicyDocument=trust)
        else:
            options = {key: given[key] for key in ("Description", "MaxSessionDuration") if key in given}
            made = iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=trust, **options)["Role"]
            self.found = {"Arn": made["Arn"], "RoleId": made["RoleId"]}
        for policy in given.get("Policies", ()):
            text = json.dumps(policy["PolicyDocument"])
            iam.put_role_policy(RoleName=self.name, PolicyName=policy["PolicyName"], PolicyDocument=text)
        for policy in given.get("ManagedPolicyArns", ()):
            iam.attach_role_policy(RoleName=self.name, PolicyArn=policy)

    def remove(self) -> None:
        self._strip()
        client("iam", self.region).delete_role(RoleName=self.name)

    def _strip(self) -> None:
        iam = client("iam", self.region)
        for policy in iam.list_role_policies(RoleName=self.name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=self.name, PolicyName=policy)
        for attached in iam.list_attached_role_policies(RoleName=self.name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=self.name, PolicyArn=attached["PolicyArn"])


class SecurityGroupEgress(Taught, CloudFormationModel):
    kind = "AWS::EC2::SecurityGroupEgress"

    def apply(self) -> None:
        if self.found:
            return
        given = self.properties
        pair = {"GroupId": given["DestinationSecurityGroupId"], "Description": given["Description"]}
        allowed = {"IpProtocol": given["IpProtocol"], "UserIdGroupPairs": [pair]}
        client("ec2", self.region).authorize_security_group_egress(GroupId=given["GroupId"], IpPermissions=[allowed])
        self.found = {"GroupId": given["GroupId"]}


class Alarm(Taught, CloudFormationModel):
    kind, name_property = "AWS::CloudWatch::Alarm", "AlarmName"

    def apply(self) -> None:
        client("cloudwatch", self.region).put_metric_alarm(**{**self.properties, "AlarmName": self.name})

    def remove(self) -> None:
        client("cloudwatch", self.region).delete_alarms(AlarmNames=[self.name])


class LogGroup(Taught, CloudFormationModel):
    """A log group whose retention may change, which moto's own leaves as it was."""

    kind, name_property, attributes = "AWS::Logs::LogGroup", "LogGroupName", ("Arn",)

    def apply(self) -> None:
        logs = client("logs", self.region)
        if not self.found:
            logs.create_log_group(logGroupName=self.name)
            (made,) = logs.describe_log_groups(logGroupNamePrefix=self.name)["logGroups"]
            self.found = {"Arn": made["arn"]}
        logs.put_retention_policy(logGroupName=self.name, retentionInDays=int(self.properties["RetentionInDays"]))

    def remove(self) -> None:
        client("logs", self.region).delete_log_group(logGroupName=self.name)


class ScalableTarget(Taught, CloudFormationModel):
    kind = "AWS::ApplicationAutoScaling::ScalableTarget"
    identity = ("ServiceNamespace", "ResourceId", "ScalableDimension")

    def apply(self) -> None:
        client("application-autoscaling", self.region).register_scalable_target(**self.properties)

    def remove(self) -> None:
        which = {key: self.properties[key] for key in self.identity}
        client("application-autoscaling", self.region).deregister_scalable_target(**which)

    @property
    def physical_resource_id(self) -> str:
        return "|".join(self.properties[key] for key in ("ResourceId", "ScalableDimension", "ServiceNamespace"))


class ScalingPolicy(Taught, CloudFormationModel):
    kind = "AWS::ApplicationAutoScaling::ScalingPolicy"

    def apply(self) -> None:
        given = dict(self.properties)
        resource, dimension, service = given.pop("ScalingTargetId").split("|")
        self.which = {"ServiceNamespace": service, "ResourceId": resource, "ScalableDimension": dimension}
        client("application-autoscaling", self.region).put_scaling_policy(**self.which, **given)

    def remove(self) -> None:
        name = self.properties["PolicyName"]
        client("application-autoscaling", self.region).delete_scaling_policy(**self.which, PolicyName=name)


class TopicPolicy(Taught, CloudFormationModel):
    kind = "AWS::SNS::TopicPolicy"

    def apply(self) -> None:
        policy = json.dumps(self.properties["PolicyDocument"])
        for topic in self.properties["Topics"]:
            client("sns", self.region).set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=policy
            )


class QueuePolicy(Taught, CloudFormationModel):
    kind = "AWS::SQS::QueuePolicy"

    def apply(self) -> None:
        policy = json.dumps(self.properties["PolicyDocument"])
        for queue in self.properties["Queues"]:
            client("sqs", self.region).set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})


class Instance(Taught, CloudFormationModel):
    """A machine by its launch template, which moto's own cannot do."""

    kind = "AWS::EC2::Instance"

    def apply(self) -> None:
        ec2, old = client("ec2", self.region), self.found.get("InstanceId")
        which = self.properties["LaunchTemplate"]
        versions = ec2.describe_launch_template_versions(
            LaunchTemplateId=which["LaunchTemplateId"], Versions=[str(which["Version"])]
        )
        data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        given = {key: data[key] for key in ("ImageId", "InstanceType", "IamInstanceProfile", "MetadataOptions")}
        text = base64.b64decode(data["UserData"]).decode()
        network = {key: data["NetworkInterfaces"][0][key] for key in ("DeviceIndex", "SubnetId", "Groups")}
        made = ec2.run_instances(MinCount=1, MaxCount=1, UserData=text, NetworkInterfaces=[network], **given)
        self.found = {
            "InstanceId": made["Instances"][0]["InstanceId"],
            "PrivateIp": made["Instances"][0]["PrivateIpAddress"],
        }
        if old is not None:
            ec2.terminate_instances(InstanceIds=[old])

    def remove(self) -> None:
        client("ec2", self.region).terminate_instances(InstanceIds=[self.physical_resource_id])

    @property
    def physical_resource_id(self) -> str:
        return str(self.found["InstanceId"])


class Endpoint(Taught, CloudFormationModel):
    kind, name_property = "AWS::SageMaker::Endpoint", "EndpointName"
    attributes = ("EndpointName",)

    def apply(self) -> None:
        sagemaker, given = client("sagemaker", self.region), {"EndpointName": self.name, **self.properties}
        if self.found:
            # moto has no UpdateEndpoint.
            check("UpdateEndpoint", given)
            self.remove()
        creation = {key: value for key, value in given.items() if key != "RetainAllVariantProperties"}
        check("CreateEndpoint", creation)
        sagemaker.create_endpoint(**creation)
        self.found["EndpointName"] = self.name

    def remove(self) -> None:
        client("sagemaker", self.region).delete_endpoint(EndpointName=self.name)


class Environment(Taught, CloudFormationModel):
    kind, name_property = "AWS::MWAA::Environment", "Name"

    def apply(self) -> None:
        check("CreateEnvironment", self.properties, "mwaa")
        s3 = client("s3", self.region)
        bucket = self.properties["SourceBucketArn"].rpartition(":")[2]
        for part in ("Requirements", "StartupScript"):
            version = self.properties[f"{part}S3ObjectVersion"]
            s3.head_object(Bucket=bucket, Key=self.properties[f"{part}S3Path"], VersionId=version)


# What moto makes and never deletes: the operation, and what it is told of the resource.
DELETIONS: dict[str, tuple[str, str, Callable[[Any], dict[str, Any]]]] = {
    "AWS::EC2::EIP": ("ec2", "release_address", lambda made: {"AllocationId": made.allocation_id}),
    "AWS::EC2::FlowLog": ("ec2", "delete_flow_logs", lambda made: {"FlowLogIds": [made.id]}),
    "AWS::EC2::InternetGateway": ("ec2", "delete_internet_gateway", lambda made: {"InternetGatewayId": made.id}),
    "AWS::EC2::NatGateway": ("ec2", "delete_nat_gateway", lambda made: {"NatGatewayId": made.id}),
    "AWS::EC2::RouteTable": ("ec2", "delete_route_table", lambda made: {"RouteTableId": made.id}),
    "AWS::EC2::VPCEndpoint": ("ec2", "delete_vpc_endpoints", lambda made: {"VpcEndpointIds": [made.id]}),
    "AWS::EC2::VPCGatewayAttachment": (
        "ec2",
        "detach_internet_gateway",
        lambda made: {"InternetGatewayId": made.gateway_id, "VpcId": made.vpc_id},
    ),
    "AWS::IAM::ManagedPolicy": ("iam", "delete_policy", lambda made: {"PolicyArn": made.arn}),
    "AWS::Route53::HostedZone": ("route53", "delete_hosted_zone", lambda made: {"Id": made.id}),
}


def _teach_deletion(service: str, operation: str, told: Callable[[Any], dict[str, Any]]) -> Callable[..., None]:
    return lambda made, account, region: getattr(client(service, region), operation)(**told(made))


for kind, deletion in DELETIONS.items():
    parsing.get_model_map()[kind].delete = _teach_deletion(*deletion)
