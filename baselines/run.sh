#!/usr/bin/env bash
# Installs what the baselines need, apart from the package's own dependencies, and measures. Without Python the
# columns that need it are left out. Options are those of measure.mjs.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.cache/baselines/venv

[ -d baselines/node_modules ] || npm --prefix baselines ci --no-progress --silent
if [ ! -f "$venv/ready" ] && command -v python3 >/dev/null; then
  if python3 -m venv "$venv" &&
    "$venv/bin/pip" install --quiet --require-hashes -r baselines/requirements.txt; then
    touch "$venv/ready"
  else
    echo 'no linear model and no SnowNLP: Python cannot install baselines/requirements.txt' >&2
    rm -rf "$venv"
  fi
fi
exec node baselines/measure.mjs "$@"
