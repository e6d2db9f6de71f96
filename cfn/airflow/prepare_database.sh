#!/bin/bash
# The metadata database as this Airflow wants it, and Airflow's first user with the password of its secret.
set -euo pipefail

airflow=/opt/airflow/venv/bin/airflow
"$airflow" db migrate
{ read -r name; read -r password; } < <(/opt/airflow/venv/bin/python /opt/airflow/bin/airflow_secrets.py user)
"$airflow" users create --role Admin --username "$name" --password "$password" \
  --firstname Airflow --lastname Admin --email "$name@localhost"
# An earlier machine may have made the user, with an earlier password.
"$airflow" users reset-password --username "$name" --password "$password"
