"""Every stack created, updated and deleted by the command line, held against what the services then say they have.

Of resources that moto's own CloudFormation takes by halves see cloud_types.py.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cloud import Cloud
from tests_paths import ROOT

from pipeline.cloud.templates import ORDER, load_templates, parse_template

GIVEN = ("-p", "DagId=churn", "-p", "ModelName=first", "-p", "Email=ops@example.org")


@pytest.fixture(scope="module")
def made(aws: Cloud) -> dict[str, str]:
    """All stacks, from nothing; their outputs by STACK.OUTPUT."""
    for name in ("first", "second"):
        role = "arn:aws:iam::123456789012:role/model"
        aws.client("sagemaker").create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": "x"})
    done = aws.run("deploy", *ORDER, *GIVEN, "--pipelines", ROOT / "examples", "--tag", "team=risk")
    assert done.stderr.count(": created") == len(ORDER)
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_the_bucket_is_private_versioned_encrypted_and_tells_of_new_objects(aws: Cloud, made: dict[str, str]) -> None:
    for bucket in (made["bucket.Bucket"], made["airflow-ec2.LogBucket"]):
        s3 = aws.client("s3")
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
        rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        assert f"arn:aws:s3:::{bucket}/*" in policy["Statement"][0]["Resource"]


def test_private_subnets_have_no_way_in_and_one_way_out(aws: Cloud, made: dict[str, str]) -> None:
    ec2, subnets = aws.client("ec2"), made["network.PrivateSubnetIds"].split(",")
    found = ec2.describe_subnets(SubnetIds=subnets)["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in found}) == 2
    assert len({subnet["CidrBlock"] for subnet in found}) == 2
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [made["network.VpcId"]]}])["RouteTables"]
    ways = [{key for route in table["Routes"] for key in route if key.endswith("GatewayId")} for table in tables]
    private = next(table for table, way in zip(tables, ways, strict=True) if "NatGatewayId" in way)
    assert not any(route.get("GatewayId", "").startswith("igw-") for route in private["Routes"])
    # moto associates no subnet with a table: that is read from the template.
    resources = parse_template(load_templates()["network"].body)["Resources"]
    for zone in "AB":
        properties = resources[f"PrivateRoutes{zone}"]["Properties"]
        assert properties == {"RouteTableId": {"Ref": "PrivateRoutes"}, "SubnetId": {"Ref": f"PrivateSubnet{zone}"}}
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"][0]["VpcEndpointType"] == "Gateway"
    assert ec2.describe_flow_logs()["FlowLogs"][0]["ResourceId"] == made["network.VpcId"]


def test_the_machine_lets_in_its_function_and_the_database_lets_in_the_machine(
    aws: Cloud, made: dict[str, str]
) -> None:
    ec2 = aws.client("ec2")
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [made["network.VpcId"]]}])[
        "SecurityGroups"
    ]
    rules = [rule for group in groups for rule in group["IpPermissions"]]
    assert [rule["IpRanges"] for rule in rules if rule["IpRanges"]] == []
    machine = next(group for group in groups if group["GroupId"] == made["airflow-ec2.AirflowSecurityGroupId"])
    # With a managed Airflow beside it, the function calls that one.
    assert machine["IpPermissions"] == []
    managed = next(group for group in groups if group["GroupId"] == made["mwaa.MwaaSecurityGroupId"])
    assert sorted(str(rule.get("FromPort")) for rule in managed["IpPermissions"]) == ["443", "None"]
    database = next(
        group
        for group in groups
        if group["GroupId"] not in (machine["GroupId"], managed["GroupId"]) and group["IpPermissions"]
    )
    allowed = database["IpPermissions"][0]
    assert (allowed["FromPort"], allowed["UserIdGroupPairs"][0]["GroupId"]) == (5432, machine["GroupId"])


def test_the_machine_takes_tokens_alone_and_finds_its_user_data(aws: Cloud, made: dict[str, str]) -> None:
    found = aws.client("ec2").describe_instances(InstanceIds=[made["airflow-ec2.MachineId"]])
    instance = found["Reservations"][0]["Instances"][0]
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert "PublicIpAddress" not in instance
    text = aws.user_data(made["airflow-ec2.MachineId"])
    assert "${" not in text
    assert f"s3://{made['bucket.Bucket']}/airflow/dags" in text
    database = aws.client("rds").describe_db_instances()["DBInstances"][0]
    assert f"DATABASE_HOST={database['Endpoint']['Address']} " in text
    assert (database["StorageEncrypted"], database["PubliclyAccessible"]) == (True, False)
    key = next(word for word in text.split() if "airflow-machine-" in word).removeprefix(
        f"s3://{made['bucket.Bucket']}/"
    )
    assert aws.body(made["bucket.Bucket"], key).startswith(b"\x1f\x8b")


def test_airflows_name_is_that_of_the_machine(aws: Cloud, made: dict[str, str]) -> None:
    route53 = aws.client("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    records = {
        record["Name"].rstrip("."): record
        for record in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    }
    host = made["airflow-ec2.AirflowUrl"].removeprefix("http://").partition(":")[0]
    instance = aws.client("ec2").describe_instances(InstanceIds=[made["airflow-ec2.MachineId"]])
    address = instance["Reservations"][0]["Instances"][0]["PrivateIpAddress"]
    assert records[host]["ResourceRecords"] == [{"Value": address}]


def test_passwords_are_made_up_and_each_is_another(aws: Cloud, made: dict[str, str]) -> None:
    secrets = {
        found["Name"]: aws.secret(found["ARN"]) for found in aws.client("secretsmanager").list_secrets()["SecretList"]
    }
    assert len(set(secrets.values())) == 3
    logins = {name: json.loads(text) for name, text in secrets.items() if "Key" not in name}
    assert sorted(login["username"] for login in logins.values()) == ["admin", "airflow"]
    assert {len(login["password"]) for login in logins.values()} == {32, 40}


def test_the_bucket_has_the_dags_and_all_that_they_import(aws: Cloud, made: dict[str, str]) -> None:
    keys = {found["Key"].removeprefix("airflow/dags/") for found in aws.objects(made["bucket.Bucket"])}
    assert {"pipelines.py", "pipeline/errors.py", "spark_jobs/preprocess.py", "pipelines/abalone/pipeline.yml"} <= keys
    assert not [key for key in keys if "__pycache__" in key or key.startswith("pipelines/iris/store")]
    # The code of tasks, and the contracts that pipeline files name.
    assert {"pipelines/iris/liminal.yml", "pipelines/iris/training.py", "schemas/churn.json"} <= keys
    ignored = aws.body(made["bucket.Bucket"], "airflow/dags/.airflowignore").decode().split()
    assert {"pipeline/", "spark_jobs/", "pipelines/"} <= set(ignored)


def test_managed_airflow_gets_its_variables_by_its_script(aws: Cloud, made: dict[str, str]) -> None:
    script = aws.body(made["bucket.Bucket"], "airflow/startup.sh").decode()
    assert f"export SAGEMAKER_BUCKET={made['bucket.Bucket']}\n" in script
    assert f"export SAGEMAKER_PROCESSING_ROLE={made['sagemaker-roles.ProcessingRoleArn']}\n" in script
    groups = [group["logGroupName"] for group in aws.client("logs").describe_log_groups()["logGroups"]]
    assert sorted(name.rpartition("-")[2] for name in groups if name.startswith("airflow-")) == sorted(
        ["DAGProcessing", "Scheduler", "Task", "WebServer", "Worker"]
    )


def test_new_objects_go_to_the_function_and_it_to_airflow(aws: Cloud, made: dict[str, str]) -> None:
    rules = aws.client("events").list_rules()["Rules"]
    rule = next(rule for rule in rules if "Object Created" in rule.get("EventPattern", ""))
    pattern = json.loads(rule["EventPattern"])
    assert pattern["detail"] == {
        "bucket": {"name": [made["bucket.Bucket"]]},
        "object": {"key": [{"prefix": "incoming/"}]},
    }
    function = aws.client("lambda").get_function(FunctionName=made["trigger.TriggerFunction"])
    target = aws.client("events").list_targets_by_rule(Rule=rule["Name"])["Targets"][0]
    assert target["Arn"] == function["Configuration"]["FunctionArn"]
    assert function["Configuration"]["Environment"]["Variables"] == {
        "DAG_ID": "churn",
        "MWAA_ENVIRONMENT": made["mwaa.MwaaEnvironment"],
    }
    policy = json.loads(aws.client("lambda").get_policy(FunctionName=made["trigger.TriggerFunction"])["Policy"])
    assert policy["Statement"][0]["Principal"] == {"Service": "events.amazonaws.com"}
    key = next(found["Key"] for found in aws.objects(made["bucket.Bucket"]) if "trigger-" in found["Key"])
    with zipfile.ZipFile(io.BytesIO(aws.body(made["bucket.Bucket"], key))) as archive:
        assert archive.namelist() == ["trigger.py"]
        assert archive.read("trigger.py") == (ROOT / "pipeline/trigger/trigger.py").read_bytes()


def test_the_endpoint_serves_the_model_scales_and_is_watched(aws: Cloud, made: dict[str, str]) -> None:
    assert served(aws, made["endpoint.EndpointName"]) == "first"
    scaling = aws.client("application-autoscaling")
    target = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"][0]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    assert target["ResourceId"] == f"endpoint/{made['endpoint.EndpointName']}/variant/AllTraffic"
    policy = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"][0]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 6000
    alarms = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert len(alarms) == 2 + 10
    topic = made["monitoring.AlarmTopic"]
    assert sum(topic in alarm.get("AlarmActions", ()) for alarm in alarms) == 10


def test_the_dashboard_and_the_topic_know_all_parts(aws: Cloud, made: dict[str, str]) -> None:
    name = "inference-pipeline-monitoring"
    body = json.loads(aws.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    text = json.dumps(body)
    for part in ("endpoint.EndpointName", "airflow-ec2.MachineId", "trigger.TriggerFunction", "mwaa.MwaaEnvironment"):
        assert made[part] in text, part
    sns = aws.client("sns")
    attributes = sns.get_topic_attributes(TopicArn=made["monitoring.AlarmTopic"])["Attributes"]
    assert attributes["KmsMasterKeyId"].startswith("arn:aws:kms:")
    assert "events.amazonaws.com" in attributes["Policy"]
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=made["monitoring.AlarmTopic"])["Subscriptions"]
    assert [one["Endpoint"] for one in subscriptions] == ["ops@example.org"]


def test_deployed_again_nothing_changes(aws: Cloud, made: dict[str, str]) -> None:
    done = aws.run("deploy", *ORDER, "--tag", "team=risk")
    assert done.stderr.count(": unchanged") == len(ORDER), done.stderr
    assert " 0 changed" in done.stderr
    assert dict(line.split("=", 1) for line in done.stdout.splitlines()) == made


def test_updates_change_what_is_there(aws: Cloud, made: dict[str, str]) -> None:
    done = aws.run(
        *("deploy", *ORDER),
        *("-p", "bucket.NoncurrentDays=5", "-p", "Prefix=elsewhere", "-p", "MaxWorkers=7", "-p", "ModelName=second"),
        *("-p", "InputPrefix=new/", "-p", "endpoint.MaxInstances=9", "-p", "monitoring.MaxLatency=77"),
        *("-p", "WebPort=9090", "-p", "ScheduleExpression=rate(1 day)", "-p", "FlowLogDays=7"),
    )
    assert done.stderr.count(": updated") == len(ORDER), done.stderr
    flow_log = aws.client("ec2").describe_flow_logs()["FlowLogs"][0]
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=flow_log["LogGroupName"])["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [7]
    assert flow_log["ResourceId"] == made["network.VpcId"]
    s3, bucket = aws.client("s3"), made["bucket.Bucket"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert {"NoncurrentDays": 5} in [rule.get("NoncurrentVersionExpiration") for rule in rules]
    name = made["sagemaker-roles.TrainingRoleArn"].rpartition("/")[2]
    document = aws.client("iam").get_role_policy(RoleName=name, PolicyName="files")["PolicyDocument"]
    assert f"arn:aws:s3:::{bucket}/elsewhere/*/training/*" in json.dumps(document)
    assert served(aws, made["endpoint.EndpointName"]) == "second"
    target = aws.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
    assert target["ScalableTargets"][0]["MaxCapacity"] == 9
    alarms = {alarm["AlarmName"]: alarm for alarm in aws.client("cloudwatch").describe_alarms()["MetricAlarms"]}
    assert next(alarm["Threshold"] for name, alarm in alarms.items() if "EndpointLatency" in name) == 77
    rules = aws.client("events").list_rules()["Rules"]
    assert any('"new/"' in rule.get("EventPattern", "") for rule in rules)
    assert any(rule.get("ScheduleExpression") == "rate(1 day)" for rule in rules)


def test_the_function_calls_a_machine_of_ones_own_where_no_other_airflow_is(aws: Cloud, made: dict[str, str]) -> None:
    aws.run("deploy", "trigger", "-p", "MwaaEnvironment=")
    variables = aws.client("lambda").get_function_configuration(FunctionName=made["trigger.TriggerFunction"])
    assert variables["Environment"]["Variables"] == {
        "AIRFLOW_URL": made["airflow-ec2.AirflowUrl"].replace(":8080", ":9090"),
        "DAG_ID": "churn",
        "SECRET_ARN": made["airflow-ec2.AirflowSecretArn"],
    }


def test_everything_is_deleted_and_nothing_stays(aws: Cloud, made: dict[str, str], tmp_path: Path) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=made["bucket.Bucket"], Key="incoming/rows.csv", Body=b"one")
    s3.put_object(Bucket=made["bucket.Bucket"], Key="incoming/rows.csv", Body=b"two")
    s3.delete_object(Bucket=made["bucket.Bucket"], Key="incoming/rows.csv")
    refused = aws.run("destroy", said="n\n", check=False)
    assert refused.returncode == 1
    assert made["bucket.Bucket"] in refused.stderr
    assert aws.objects(made["bucket.Bucket"])

    assert aws.run("destroy", "monitoring", "trigger").stdout == "2 stacks deleted\n"
    done = aws.run("destroy", "--yes")
    assert done.stdout == f"{len(ORDER) - 2} stacks deleted\n"
    assert aws.run("destroy", "--yes").stdout == "nothing is left of it\n"
    assert left(aws) == {}


def served(aws: Cloud, endpoint: str) -> str:
    """The model behind an endpoint."""
    sagemaker = aws.client("sagemaker")
    config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    model: str = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]["ModelName"]
    return model


def left(aws: Cloud) -> dict[str, Any]:
    """What the services still have of what stacks make."""
    ec2 = aws.client("ec2")
    instances = [one for found in ec2.describe_instances()["Reservations"] for one in found["Instances"]]
    there = {
        "stacks": aws.client("cloudformation").describe_stacks()["Stacks"],
        "buckets": aws.client("s3").list_buckets()["Buckets"],
        "roles": aws.client("iam").list_roles()["Roles"],
        "policies": aws.client("iam").list_policies(Scope="Local")["Policies"],
        "functions": aws.client("lambda").list_functions()["Functions"],
        "rules": aws.client("events").list_rules()["Rules"],
        "alarms": aws.client("cloudwatch").describe_alarms()["MetricAlarms"],
        "dashboards": aws.client("cloudwatch").list_dashboards()["DashboardEntries"],
        "endpoints": aws.client("sagemaker").list_endpoints()["Endpoints"],
        "endpoint configs": aws.client("sagemaker").list_endpoint_configs()["EndpointConfigs"],
        "targets": aws.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ],
        "databases": aws.client("rds").describe_db_instances()["DBInstances"],
        "secrets": aws.client("secretsmanager").list_secrets()["SecretList"],
        "topics": aws.client("sns").list_topics()["Topics"],
        "queues": aws.client("sqs").list_queues().get("QueueUrls", []),
        "log groups": aws.client("logs").describe_log_groups()["logGroups"],
        "machines": [one["InstanceId"] for one in instances if one["State"]["Name"] != "terminated"],
        "networks": [vpc for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]],
        "zones": aws.client("route53").list_hosted_zones()["HostedZones"],
    }
    return {name: found for name, found in there.items() if found}
