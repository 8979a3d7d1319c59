#!/usr/bin/env bash
# Make sure that the full Fashion-MNIST is at hand, where it can be had.
#
# `make data` and `make book` call this. It never fails a build: without the
# full set the embedded sample serves, and the last line says which it is.
# The interpreter is $PYTHON, else .venv/bin/python.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 0
python=${PYTHON:-.venv/bin/python}
package=dataset-fashion-mnist

have() { command -v "$1" > /dev/null 2>&1; }

# `timeout` is not on every system (macOS); the Python side is bounded anyway.
bounded() {
  local seconds=$1
  shift
  if have timeout; then timeout "$seconds" "$@"; else "$@"; fi
}

# The helpers may import their own data module: that warning is of no use here.
check() { bounded 900 "$python" -W ignore::RuntimeWarning:runpy -m d2l_helpers.data "$@"; }

from_package() {
  have apt-get && have dpkg-deb || return 1
  case ${D2L_OFFLINE:-} in "" | 0 | false) ;; *) return 1 ;; esac
  local folder
  folder=$(mktemp -d) || return 1
  trap 'rm -rf "$folder"' RETURN
  chmod 755 "$folder" # apt downloads as a user of its own
  if ! apt-cache show "$package" > /dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    bounded 120 apt-get -qq update > /dev/null 2>&1 || return 1
  fi
  (cd "$folder" && bounded 180 apt-get -qq download "$package" > /dev/null 2>&1) || return 1
  dpkg-deb -x "$folder"/"$package"_*.deb "$folder/unpacked" || return 1
  check --adopt "$folder/unpacked/usr/share/datasets/fashion-mnist"
}

if line=$(check --require-full 2> /dev/null); then
  echo "$line"
elif [ -z "${D2L_DATA_DIR:-}" ] && line=$(from_package 2> /dev/null); then
  echo "$line"
elif ! check; then
  echo "Fashion-MNIST: no data will serve until the above is mended" >&2
fi
exit 0
