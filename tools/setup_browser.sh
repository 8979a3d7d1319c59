#!/usr/bin/env bash
# Make sure that the site's tests find a browser.
#
# Takes one that is there; else installs Debian's or Ubuntu's chromium where it
# may; else lets playwright fetch its own. The interpreter is $PYTHON, else
# .venv/bin/python.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}

have() { command -v "$1" > /dev/null 2>&1; }

found() { "$python" tests/browser.py > /dev/null 2>&1; }

install_chromium() {
  have apt-get || return 1
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    have sudo && sudo -n true 2> /dev/null || return 1
    as_root=(sudo -n)
  fi
  echo "installing chromium for the site's tests"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get -qq update < /dev/null > /dev/null || return 1
  "${as_root[@]}" apt-get -qq install -y --no-install-recommends chromium \
    < /dev/null > /dev/null || return 1
}

found && exit 0
install_chromium && found && exit 0
echo "no chromium from the system: asking playwright for one"
"$python" -m playwright install chromium < /dev/null && found && exit 0
echo "The site's tests need a browser: install chromium or google-chrome," \
  "or name one in the environment variable D2L_BROWSER." >&2
exit 1
