#!/bin/sh
# Install what the tests need into .venv-test and pass them: the README's second command, and CI's.
# First the suite from the sources, then what packaging can break against the built wheel.
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
echo "against the wheel: layout and data, entry points, every model once, the window"
cd build/wheel # away from the sources, which would hide the installed package
tests=../../tests
pytest -q -n 2 --rootdir ../.. --config-file ../../pyproject.toml $tests/test_layout.py \
    $tests/cli/test_start.py $tests/cli/test_inform.py $tests/cli/test_image.py \
    $tests/gui/test_window.py $tests/gui/test_translations.py
