#!/bin/sh
# Writes deploy/requirements.lock: every package that a node runs on, with the hashes of its files and no index address.
set -eu
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"${PYTHON:-python3}" -m venv "$tools/venv"
"$tools/venv/bin/python" -m pip install --quiet --disable-pip-version-check pip-tools
"$tools/venv/bin/pip-compile" --quiet --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host \
  --no-emit-find-links --no-annotate --no-header --output-file deploy/requirements.lock pyproject.toml
