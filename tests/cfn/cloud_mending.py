"""moto's CloudFormation where it differs from AWS's: functions, parameters, what an update and a deletion touch.

Importing this is enough.
"""

from __future__ import annotations

import json
import re
from ipaddress import ip_network
from itertools import chain, islice
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import Stack
from moto.iam.access_control import PermissionResult
from moto.rds.models import DBParameterGroup
from moto.s3.models import FakeBucket

_clean = parsing.clean_json


def clean_json(value: Any, resources: Any) -> Any:
    """As moto's, but with Fn::Cidr, and AWS::NoValue takes itself out of a list too."""
    if isinstance(value, dict) and "Fn::Cidr" in value:
        block, count, bits = clean_json(value["Fn::Cidr"], resources)
        parts = ip_network(block).subnets(new_prefix=32 - int(bits))
        return [str(part) for part in islice(parts, int(count))]
    if isinstance(value, list):
        return [clean for clean in (clean_json(one, resources) for one in value) if clean is not None]
    return _clean(value, resources)


parsing.clean_json = clean_json
# Of a bucket's policy moto reads no conditions: it would deny what comes without TLS, and all else with it.
FakeBucket.get_permission = lambda bucket, action, resource: PermissionResult.NEUTRAL


# A reference to one is its name.
DBParameterGroup.physical_resource_id = property(lambda group: group.name)
# moto's copy of AWS's own parameters has not Debian's.
DEBIAN = "/aws/service/debian/release/12/latest/amd64"
KNOWN = "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"
_parameter = parsing.ResourceMap.parse_ssm_parameter
parsing.ResourceMap.parse_ssm_parameter = lambda resources, name, kind: _parameter(
    resources, KNOWN if name == DEBIAN else name, kind
)
# A stack's parameters are the texts that were given, not what becomes of them.
Stack.stack_parameters = property(lambda stack: stack.parameters)
Stack.parameter_list = property(
    lambda stack: [{"ParameterKey": key, "ParameterValue": value} for key, value in stack.parameters.items()]
)
_diff, _change = parsing.ResourceMap.build_resource_diff, parsing.parse_and_update_resource


def build_resource_diff(resources: Any, template: dict[str, Any], parameters: Any = None) -> dict[str, Any]:
    """As moto's, and whatever refers to what changes is looked at again too."""
    found = _diff(resources, template, parameters)
    changing = found["Modify"]
    said = [name for name, value in (parameters or {}).items() if resources.input_parameters.get(name) != value]
    for changed in chain(said, changing):
        words = re.compile(rf'"{changed}"|\$\{{{changed}[.}}]')
        for name, resource in template["Resources"].items():
            is_there = name not in changing and name not in found["Add"]
            if is_there and words.search(json.dumps(resource, default=str)):
                changing.append(name)
    return found


def parse_and_update_resource(logical_id: str, resource: Any, resources: Any, *place: Any, **options: Any) -> Any:
    """As moto's, and what it cannot change stays."""
    return _change(logical_id, resource, resources, *place, **options) or resources[logical_id]


def delete(resources: Any) -> None:
    """The last one first, where moto has no order."""
    for name in [made for made in resources._parsed_resources if made in resources._resource_json_map][::-1]:
        if resources._resource_json_map[name].get("DeletionPolicy") != "Retain":
            resources._delete_resource(resources._parsed_resources[name], resources._resource_json_map[name])
        del resources._parsed_resources[name]


parsing.ResourceMap.delete = delete
parsing.ResourceMap.build_resource_diff = build_resource_diff
parsing.parse_and_update_resource = parse_and_update_resource
