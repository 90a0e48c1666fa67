#!/bin/sh
# Install the test dependencies into .venv-test and run all checks (the README's second command; CI).
# The suite runs from the sources; then a selection for packaging errors runs against the wheel.
set -eu
cd "$(dirname "$0")/.."
. packaging/venv.sh

fresh_venv .venv-test
pip install --quiet --constraint packaging/constraints.txt --editable '.[dev,community,bench]'
qt_libraries
ruff check .
ruff format --check .
codespell
mypy
export OMP_NUM_THREADS=1 # per worker
pytest -q -n 2 -m "not gpu and not network"

rm -rf build/wheel
pip wheel --quiet --no-deps --wheel-dir build/wheel .
pip install --quiet --force-reinstall --no-deps build/wheel/*.whl
echo "testing the wheel: layout, data, entry points, every model once, the window, the manual"
cd build/wheel # the sources would hide the installed package
tests=../../tests
pytest -q -n 2 --rootdir ../.. --config-file ../../pyproject.toml $tests/test_layout.py \
    $tests/cli/test_start.py $tests/cli/test_inform.py $tests/cli/test_image.py \
    $tests/gui/test_window.py $tests/gui/test_translations.py \
    $tests/test_docs.py::test_examples_of_a_page_run_from_top_to_bottom
