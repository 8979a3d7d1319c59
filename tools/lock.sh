#!/usr/bin/env bash
# Write requirements.lock: everything that requirements.txt brings, on every system
# and Python that the project supports, with the SHA-256 of each file.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
uv=_build/uv
draft=$(mktemp)
trap 'rm -f "$draft"' EXIT

"$python" -m pip install --disable-pip-version-check --quiet --upgrade \
  --target "$uv" uv==0.13.9
# Settings of this machine, such as a mirror's, must not leave their mark.
grep -v '^-e' requirements.txt | UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never \
  "$uv/bin/uv" pip compile - \
  --universal --python-version 3.10 --generate-hashes --no-annotate --no-header \
  --quiet --output-file "$draft"
{
  echo "# Made by \`make lock\` from requirements.txt. Install with"
  echo "#   pip install --require-hashes -r requirements.lock"
  echo "#   pip install --no-deps -e ."
  cat "$draft"
} > requirements.lock
echo "requirements.lock: $(grep -c '^[a-z].*==' requirements.lock) packages"
