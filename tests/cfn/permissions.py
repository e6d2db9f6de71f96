"""What a role may do, by the policies that the stack has made: IAM's arithmetic of actions and resources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cloud import Cloud


@dataclass(frozen=True)
class Permissions:
    """The statements of a role's or policy's documents."""

    statements: tuple[dict[str, Any], ...]

    def allow(self, action: str, resource: str = "*", **context: str) -> bool:
        """Whether an action on a resource is allowed; `context` has condition keys, with `__` for the colon."""
        keys = {name.replace("__", ":"): value for name, value in context.items()}
        return any(_fits(statement, action, resource, keys) for statement in self.statements)

    def resources(self, action: str) -> set[str]:
        """What an action is allowed on, as the policies say it."""
        return {
            resource
            for statement in self.statements
            if any(_matches(pattern, action) for pattern in _many(statement["Action"]))
            for resource in _many(statement.get("Resource", "*"))
        }

    @property
    def actions(self) -> set[str]:
        """All that is allowed on anything."""
        return {action for statement in self.statements for action in _many(statement["Action"])}


def of_role(aws: Cloud, arn: str) -> Permissions:
    """All policies of a role."""
    iam, name = aws.client("iam"), arn.rpartition("/")[2]
    documents = [
        iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    documents += [document(aws, policy["PolicyArn"]) for policy in attached]
    return Permissions(tuple(statement for one in documents for statement in one["Statement"]))


def document(aws: Cloud, policy: str) -> dict[str, Any]:
    """A managed policy's document."""
    iam = aws.client("iam")
    version = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]["Document"]
    return json.loads(found) if isinstance(found, str) else found


def _fits(statement: dict[str, Any], action: str, resource: str, context: dict[str, str]) -> bool:
    assert statement["Effect"] == "Allow"
    if not any(_matches(pattern, action) for pattern in _many(statement["Action"])):
        return False
    if "NotResource" in statement:
        return not any(_matches(pattern, resource) for pattern in _many(statement["NotResource"]))
    if not any(_matches(pattern, resource) for pattern in _many(statement["Resource"])):
        return False
    return all(_holds(kind, key, values, context) for kind, key, values in _conditions(statement))


def _conditions(statement: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for kind, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield kind, key, _many(values)


def _holds(kind: str, key: str, values: list[str], context: dict[str, str]) -> bool:
    if key not in context:
        return kind.endswith("IfExists")
    if "Like" in kind:
        return any(_matches(value, context[key]) for value in values)
    return context[key] in values


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def _many(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]
