#!/usr/bin/env bash
# Run the helpers' tests and every notebook with other versions than the pinned ones.
#
#   tools/versions.sh oldest   the lower bounds of pyproject.toml
#   tools/versions.sh newest   the newest releases there are
#
# The interpreter is $PYTHON; the environment is made in _build/versions/. The site is
# left out: who reads it installs nothing, and what builds it is pinned.
set -euo pipefail
cd "$(dirname "$0")/.."
which=${1:-}
home=_build/versions/$which

case $which in
  oldest | newest) ;;
  *) echo "usage: tools/versions.sh oldest|newest" >&2; exit 2 ;;
esac
install() {
  "$home/bin/python" -m pip install --disable-pip-version-check --no-input --quiet \
    --progress-bar off "$@"
}
"${PYTHON:-python3}" -m venv --clear "$home"

# What runs the tests is pinned in either case: it is not what is tried.
mapfile -t tools < <(grep -E '^(pytest|pytest-timeout|pytest-xdist|hypothesis|nbval)==' \
  requirements.txt)
if [ "$which" = oldest ]; then
  install --target _build/uv --upgrade uv==0.13.9
  # With what else there was then: old releases do not expect what came later.
  UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never _build/uv/bin/uv pip compile \
    pyproject.toml --resolution lowest-direct --exclude-newer 2025-10-01 \
    --python "$home/bin/python" \
    --no-header --no-annotate --quiet --output-file "$home/wanted.txt"
else
  sed -n '/^dependencies/,/^]/s/^ *"\([a-z]*\).*/\1/p' pyproject.toml > "$home/wanted.txt"
fi
echo "installing into $home (on Linux several gigabytes)"
install --upgrade -r "$home/wanted.txt" "${tools[@]}" nbclient ipykernel
"$home/bin/python" - << 'END'
import importlib.metadata, platform
names = "torch numpy matplotlib pillow pooch safetensors tqdm ipywidgets anywidget"
found = [f"{name} {importlib.metadata.version(name)}" for name in names.split()]
print(", ".join([f"Python {platform.python_version()}", *found]), flush=True)
END

# Tests that read the built site, or need what builds it, are left out.
mapfile -t files < <(grep -LE 'site_fixtures|explorer_fixtures|chromium|import yaml' \
  tests/test_*.py)
warnings=()
if [ "$which" = oldest ]; then # what they call by names that are going away is theirs
  export D2L_OLD_RELEASES=1
  warnings=(-W ignore::DeprecationWarning)
fi
PYTHONPATH=$PWD "$home/bin/python" -m pytest -n "${WORKERS:-2}" --dist loadscope \
  -p no:cacheprovider "${warnings[@]}" "${files[@]}" chapters appendix
