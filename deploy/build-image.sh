#!/bin/sh
# The two steps that make the image's program folder, the slow one first so that its layer is kept between builds.
# Run at the top of the project, by the Dockerfile and, without a container engine, by dev/image.py:
#
#   deploy/build-image.sh packages FOLDER   a virtual environment with every pinned package
#   deploy/build-image.sh program FOLDER    Songwright itself; takes the installers out and closes the folder to writing
#
# PYTHON names the interpreter. Nothing is written anywhere else but to a temporary folder.
set -eu
step=$1
target=$2

pip() {
    "$target/bin/python" -m pip --disable-pip-version-check --no-cache-dir --quiet "$@"
}

case $step in
packages)
    "${PYTHON:-python3}" -m venv "$target"
    # The file is the complete list with hashes, so nothing is left for pip to resolve or to be fooled with.
    pip install --no-deps --require-hashes --only-binary :all: --requirement requirements-service.txt
    ;;
program)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cp -R pyproject.toml README.md LICENSE server sandbox tools prompts "$work"
    find "$work" -name __pycache__ -type d -prune -exec rm -rf {} +
    (cd "$work" && pip wheel --no-deps --no-build-isolation --wheel-dir "$work/wheel" .)
    pip install --no-deps "$work"/wheel/songwright-*.whl
    # What is not there cannot be misused: a running server installs nothing.
    pip uninstall --yes setuptools pip
    chmod -R a+rX,a-w "$target"
    ;;
*)
    echo "unknown step: $step" >&2
    exit 2
    ;;
esac
