#!/bin/sh
# Install what the tests need into .venv-test and pass them: the README's second command, and CI's.
# First from the sources, then once more against the built wheel.
set -eu
cd "$(dirname "$0")/.."
. packaging/venv.sh

fresh_venv .venv-test
pip install --quiet --constraint packaging/constraints.txt --editable '.[dev,community,bench]'
qt_libraries
ruff check .
ruff format --check .
mypy
export OMP_NUM_THREADS=1 # of each of two workers
pytest -q -n 2 -m "not gpu and not network"

rm -rf build/wheel
pip wheel --quiet --no-deps --wheel-dir build/wheel .
pip install --quiet --force-reinstall --no-deps build/wheel/*.whl
echo "once more, against the wheel"
cd build/wheel # away from the sources, which would hide the installed package
pytest -q -n 2 --rootdir ../.. --config-file ../../pyproject.toml ../../tests
