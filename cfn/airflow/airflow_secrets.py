#!/opt/airflow/venv/bin/python
"""Airflow's secrets, from AWS Secrets Manager.

    airflow_secrets.py environment    the variables of Airflow's services, as lines NAME=value
    airflow_secrets.py user           Airflow's first user: name and password on a line each

The secrets' names are in the environment, see install.sh.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
from urllib.parse import quote


def environment() -> list[str]:
    """The database's address with its password, and Airflow's keys, which are derived from one secret."""
    login = json.loads(_secret("DATABASE_SECRET"))
    user, password = quote(login["username"], safe=""), quote(login["password"], safe="")
    place = f"{user}:{password}@{os.environ['DATABASE_HOST']}:{os.environ['DATABASE_PORT']}/airflow"
    key = _secret("KEY_SECRET").encode()
    return [
        f"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=postgresql+psycopg2://{place}?sslmode=require",
        f"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC=postgresql+asyncpg://{place}?ssl=require",
        f"AIRFLOW__CORE__FERNET_KEY={_derived(key, 'fernet')}",
        f"AIRFLOW__API__SECRET_KEY={_derived(key, 'api')}",
        f"AIRFLOW__API_AUTH__JWT_SECRET={_derived(key, 'jwt')}",
    ]


def user() -> list[str]:
    """The first user's name and password."""
    login = json.loads(_secret("AIRFLOW_SECRET"))
    return [login["username"], login["password"]]


def _secret(variable: str) -> str:
    import boto3

    text: str = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ[variable])["SecretString"]
    return text


def _derived(key: bytes, use: str) -> str:
    """32 bytes that differ from use to use, as Fernet writes them."""
    return base64.urlsafe_b64encode(hmac.digest(key, use.encode(), hashlib.sha256)).decode()


if __name__ == "__main__":
    print("\n".join({"environment": environment, "user": user}[sys.argv[1]]()))
