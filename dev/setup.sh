#!/bin/sh
# Makes .venv: every package as pinned in requirements-dev.txt, and Songwright itself in editable mode.
# Returns at once when nothing has changed. What it was made from is kept in .venv/.ready; the folder's own place is
# part of that, because an editable install of a folder that was moved points at where it used to be.
set -eu
cd "$(dirname "$0")/.."
venv=.venv

made_from() {
    { pwd -P && cat requirements-dev.txt pyproject.toml dev/setup.sh; } | cksum
}

say() {
    printf '%s\n' "$*" >&2
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    without_venv=
    for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3; do
        is_new_enough "$candidate" || continue
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
        without_venv=$candidate
    done
    if [ -n "$without_venv" ]; then
        say "$without_venv cannot make virtual environments: its venv or ensurepip module is missing."
        say "Install it (on Debian and Ubuntu: the package python3-venv) and run this again."
    else
        say "Songwright needs Python 3.11 or newer, and none was found."
        say "Install one, or name it: make test PYTHON=/path/to/python3"
    fi
    return 1
}

wanted=$(made_from)
if [ -f "$venv/.ready" ] && [ "$(cat "$venv/.ready")" = "$wanted" ] && is_new_enough "$venv/bin/python"; then
    exit 0
fi

if ! { is_new_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
    python=$(find_python)
    say "Setting up $venv with $("$python" --version), once; this takes about a minute."
    rm -rf "$venv"
    "$python" -m venv "$venv"
else
    say "Bringing $venv up to date."
fi
rm -f "$venv/.ready"

# The file is the complete, pinned list, so nothing is left for pip to resolve.
log=$venv/setup.log
if ! {
    "$venv/bin/python" -m pip install --no-deps --require-hashes --requirement requirements-dev.txt &&
        "$venv/bin/python" -m pip install --no-deps --no-build-isolation --editable .
} >"$log" 2>&1; then
    say "pip could not install what Songwright needs. The end of $log says:"
    tail -n 15 "$log" >&2
    exit 1
fi
printf '%s\n' "$wanted" >"$venv/.ready"
