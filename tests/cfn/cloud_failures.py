"""What CloudFormation does where a resource cannot be made or changed: moto ends with an error and leaves it half-made.

The stack goes back to what it was, its events say which resource failed and why. Importing this is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import Event, Stack


def _failing(stack: Stack, work: Callable[[], None], kind: str) -> bool:
    """Whether the work failed; the stack's events then say where."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 - whatever moto's services refuse
        name, resource = _failed.pop("it", (stack.name, "AWS::CloudFormation::Stack"))
        for logical, reason in ((name, str(error)), ("Another", "Resource creation cancelled")):
            event = Event(stack.stack_id, stack.name, logical, "", resource, f"{kind}_FAILED", reason, None)
            stack.events.append(event)
        return True
    return False


_failed: dict[str, tuple[str, str]] = {}
_delete_one = parsing.ResourceMap._delete_resource
_create, _update, _delete = Stack.create_resources, Stack.update, Stack.delete


def _noting(function: Callable[..., Any]) -> Callable[..., Any]:
    """Notes the first resource that a function of moto's fails with."""

    def noting(logical_id: str, resource_json: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        try:
            return function(logical_id, resource_json, *arguments, **options)
        except Exception:
            _failed.setdefault("it", (logical_id, resource_json["Type"]))
            raise

    return noting


def _delete_resource(resources: Any, made: Any, resource_json: dict[str, Any]) -> None:
    try:
        _delete_one(resources, made, resource_json)
    except Exception:
        _failed.setdefault("it", (made.logical_resource_id, resource_json["Type"]))
        raise


def _create_resources(stack: Stack) -> None:
    if _failing(stack, lambda: _create(stack), "CREATE"):
        stack.status = "ROLLBACK_IN_PROGRESS"
        _failing(stack, stack.resource_map.delete, "DELETE")
        # Nothing is there that could be asked for.
        stack.resource_map._resource_json_map, stack.output_map._output_json_map = {}, {}
        stack.status = "ROLLBACK_COMPLETE"


def _update_stack(stack: Stack, template: str, role_arn: Any = None, parameters: Any = None, tags: Any = None) -> None:
    before = (stack.template, dict(stack.parameters))
    if _failing(stack, lambda: _update(stack, template, role_arn, parameters, tags), "UPDATE"):
        _update(stack, before[0], role_arn, before[1], tags)
        stack.status = "UPDATE_ROLLBACK_COMPLETE"


def _delete_stack(stack: Stack) -> None:
    if _failing(stack, lambda: _delete(stack), "DELETE"):
        stack.status = "DELETE_FAILED"


parsing.parse_and_create_resource = _noting(parsing.parse_and_create_resource)
parsing.parse_and_update_resource = _noting(parsing.parse_and_update_resource)
parsing.ResourceMap._delete_resource = _delete_resource
Stack.create_resources = _create_resources
Stack.update = _update_stack
Stack.delete = _delete_stack
