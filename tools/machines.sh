#!/usr/bin/env bash
# Build the book and test its pages as other processors would, the ones of machines.txt:
# sums are taken in another order there, so trainings end elsewhere and times differ, and
# the text must hold all the same.
#
#   tools/machines.sh [NAME …]   all of them, or the named ones
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}

while read -r name setting; do
  [[ $# = 0 || " $* " = *" $name "* ]] || continue
  echo "== $name: ${setting:-this machine as it is}"
  home=$PWD/_build/machines/$name
  (
    for pair in $setting; do export "${pair?}"; done
    export MACHINE=$name BOOK_SITE=$home/_build/html
    rm -rf "$home/_build/.doctrees"
    "$(dirname "$python")/jupyter-book" build . -W -n --keep-going --path-output "$home"
    "$python" -m pytest -n "${WORKERS:-2}" --dist loadscope -m site tests
    "$python" -m pytest -n "${WORKERS:-2}" --dist loadscope chapters appendix \
      tests/test_notebooks.py
  ) < /dev/null
done < tools/machines.txt
