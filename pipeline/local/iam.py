"""What clients ask IAM before they start a job, where every role is there and may do all it is asked about."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from pipeline.local.context import ACCOUNT

_TRUST = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
 "Principal": {"Service": "sagemaker.amazonaws.com"}}]}"""
_SIMULATED = """<?xml version="1.0" encoding="UTF-8"?>
<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>
<IsTruncated>false</IsTruncated><EvaluationResults>{results}</EvaluationResults>
</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"""
_ALLOWED = """<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resource}</EvalResourceName>
<EvalDecision>allowed</EvalDecision></member>"""
# Clients that ask for the same role at once get the same one.
_MAKING = threading.Lock()
_ACTION = re.compile(r"ActionNames\.member\.\d+")


def answer_iam(body: bytes) -> bytes | None:
    """The reply to a request that moto does not know, None for what moto is to answer.

    Whatever role a client asks for is made first: SDKs and Airflow turn names into ARNs with GetRole. The SDK of
    version 3 asks with SimulatePrincipalPolicy whether a role may train.
    """
    fields = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    action = fields.get("Action")
    if action == "GetRole" and "RoleName" in fields:
        _make_role(fields["RoleName"])
    return _simulated(fields) if action == "SimulatePrincipalPolicy" else None


def _make_role(name: str) -> None:
    from moto.iam.models import iam_backends

    roles = iam_backends[ACCOUNT]["aws"]
    with _MAKING:
        if not any(role.name == name for role in roles.get_roles()):
            roles.create_role(name, _TRUST, path="/", permissions_boundary=None, description="", tags=[],
                              max_session_duration="3600")  # fmt: skip


def _simulated(fields: Mapping[str, str]) -> bytes:
    resource = escape(fields.get("ResourceArns.member.1", "*"))
    actions = [escape(value) for name, value in fields.items() if _ACTION.fullmatch(name)]
    results = "".join(_ALLOWED.format(action=action, resource=resource) for action in actions)
    return _SIMULATED.format(results=results).encode()
