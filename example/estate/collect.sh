#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Takes the snapshot of the example estate anew: starts the emulator, fills it,
# and lets Demarc's own collector read it. Run by `make estate`.
set -euo pipefail
cd "$(dirname "$0")/../.."
port=${PORT:-5077}
url=http://127.0.0.1:$port

MOTO_AMIS_PATH=example/estate/amis.json MOTO_IAM_LOAD_MANAGED_POLICIES=true .venv/bin/moto_server -H 127.0.0.1 -p "$port" >/dev/null 2>&1 &
emulator=$!
trap 'kill $emulator' EXIT
for _ in $(seq 120); do
  curl -s -o /dev/null "$url/moto-api/" && break
  sleep 0.5
done

.venv/bin/python example/estate/seed.py "$url"
AWS_ACCESS_KEY_ID=collect AWS_SECRET_ACCESS_KEY=collect AWS_REGION=eu-central-1 AWS_EC2_METADATA_DISABLED=true \
  ${DEMARC:-go run ./cmd/demarc} --data "$(mktemp -d)" collect aws --endpoint "$url" --synthetic "moto $(.venv/bin/python -c 'import moto; print(moto.__version__)')" \
  --role-arn 'arn:aws:iam::{account}:role/OrganizationAccountAccessRole' --accounts 210987654321,109876543210 \
  --regions eu-central-1,eu-west-1 --out example/estate/larkspur.snapshot
