#!/bin/sh
# Gates what is checked out against another branch, on this machine: ./pre-merge.sh [BRANCH [--strict ...]]
# Each checkout has to have the Python environment that badgateway.toml names, if it names one.
set -eu
branch=${1:-main}
[ $# -eq 0 ] || shift
base=$(mktemp -d)
git worktree add --quiet --detach "$base/checkout" "$branch" || { rmdir "$base"; exit 2; }
trap 'git worktree remove --force "$base/checkout"; rmdir "$base"' EXIT
# The servers run under an account of their own, which has to get there.
chmod 711 "$base"
if [ -x .venv/bin/python ]; then
    python3 -m venv "$base/checkout/.venv"
    "$base/checkout/.venv/bin/pip" install --quiet --requirement "$base/checkout/requirements.txt"
fi
# With --strict, what could not be told ends it with 3 as well.
badgateway gate --against "$base/checkout" --budget 5m "$@"
