#!/bin/bash
# Installs Airflow on this machine and starts it: Debian 12, run as root, may be run again.
#
# Said in the environment:
#   DATABASE_HOST, DATABASE_PORT    PostgreSQL
#   DATABASE_SECRET                 secret of Secrets Manager: {"username": ..., "password": ...}
#   AIRFLOW_SECRET                  the same, of Airflow's first user
#   KEY_SECRET                      secret of Secrets Manager: a long random text
#   DAGS_URI                        where the DAGs are in S3
#   LOGS_URI                        where the tasks' logs go in S3
#   WEB_PORT                        where the API server listens
#   AWS_DEFAULT_REGION
# and every variable SAGEMAKER_*, which the DAGs read.
#
# Where packages come from is pip's and apt's own configuration.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
: "${DATABASE_HOST:?}" "${DATABASE_PORT:?}" "${DATABASE_SECRET:?}" "${AIRFLOW_SECRET:?}" "${KEY_SECRET:?}"
: "${DAGS_URI:?}" "${LOGS_URI:?}" "${WEB_PORT:?}" "${AWS_DEFAULT_REGION:?}"

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --yes --no-install-recommends ca-certificates awscli python3 python3-venv

id airflow >/dev/null 2>&1 || useradd --system --user-group --home-dir /var/lib/airflow --shell /usr/sbin/nologin airflow
install -d -o airflow -g airflow -m 0750 /var/lib/airflow /var/lib/airflow/dags
install -d -m 0755 /opt/airflow /opt/airflow/bin /etc/airflow

[ -x /opt/airflow/venv/bin/python ] || python3 -m venv /opt/airflow/venv
# The lock file names everything: there is nothing to resolve, and nothing to do where it is the same as last time.
if ! cmp -s "$here/requirements.txt" /opt/airflow/venv/requirements.txt; then
  /opt/airflow/venv/bin/python -m pip install -q --no-deps --require-hashes --only-binary :all: -r "$here/requirements.txt"
  /opt/airflow/venv/bin/python -m pip check
  cp "$here/requirements.txt" /opt/airflow/venv/requirements.txt
fi
install -m 0755 "$here/airflow_secrets.py" "$here/wait_healthy.py" "$here/prepare_database.sh" /opt/airflow/bin/

umask 027
{
  cat "$here/airflow.env"
  echo "AIRFLOW__API__PORT=$WEB_PORT"
  echo "AIRFLOW__CORE__EXECUTION_API_SERVER_URL=http://localhost:$WEB_PORT/execution/"
  echo "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER=$LOGS_URI"
  printenv | grep -E '^(DATABASE_HOST|DATABASE_PORT|DATABASE_SECRET|AIRFLOW_SECRET|KEY_SECRET|DAGS_URI|AWS_DEFAULT_REGION|SAGEMAKER_[A-Z_]+)='
} >/etc/airflow/airflow.env
chgrp airflow /etc/airflow/airflow.env
umask 022

install -m 0644 "$here"/units/* /etc/systemd/system/
systemctl daemon-reload
systemctl enable airflow-secrets airflow-database airflow-dags.timer airflow-api-server airflow-scheduler \
  airflow-dag-processor airflow-triggerer
# What runs already starts anew, with what was installed now.
systemctl restart airflow-secrets
systemctl restart airflow-database
systemctl restart airflow-dags
systemctl restart airflow-dags.timer airflow-api-server airflow-scheduler airflow-dag-processor airflow-triggerer

/opt/airflow/venv/bin/python /opt/airflow/bin/wait_healthy.py "http://localhost:$WEB_PORT/api/v2/monitor/health"
