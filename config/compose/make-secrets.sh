#!/bin/sh
# Makes the secrets of ../../compose.yaml where they are missing: sh config/compose/make-secrets.sh
# Compose mounts them as they are (docker/compose#9648), so every container's user must be able to read the
# files; the folder keeps this machine's other users out.
set -eu
cd "$(dirname "$0")"
umask 022
mkdir -p secrets
chmod 0700 secrets

# 128 bits, in characters that mean nothing to SQL, URLs and shells.
random() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
make() { [ -s "secrets/$1" ] || printf '%s\n' "$2" > "secrets/$1"; }

make postgres_password "$(random)"
make app_password "$(random)"
make portcullis_password "$(random)"
password=$(cat secrets/portcullis_password)
make portcullis_upstream "postgresql://portcullis:$password@%2Fvar%2Frun%2Fpostgresql/postgres"
