#!/bin/bash
# In the root: the database that stands for RDS, then the user data, twice; then whatever is asked for, a line each.
set -euo pipefail
set -a; . /machine/environment; set +a

seconds() { echo "SECONDS $1 $(( $(date +%s) - began ))"; began=$(date +%s); }
began=$(date +%s)
apt-get update -q >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -q --yes --no-install-recommends postgresql >/machine/postgresql.log 2>&1
version=$(ls /etc/postgresql)
echo "PostgreSQL $version"
cat >>"/etc/postgresql/$version/main/postgresql.conf" <<CONF
port = $DATABASE_PORT
listen_addresses = '127.0.0.1'
unix_socket_directories = '/tmp'
CONF
pg_ctlcluster "$version" main start
setpriv --reuid postgres --regid postgres --clear-groups psql -q -h /tmp -p "$DATABASE_PORT" -f /machine/database.sql
seconds database

bash /machine/user-data.sh
seconds user-data
# A machine that starts again installs again.
bash /machine/user-data.sh
seconds second-installation
echo READY
while read -r command; do
  bash -c "$command" || true
  echo DONE
done
