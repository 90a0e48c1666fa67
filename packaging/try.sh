#!/bin/sh
# Install restorer into .venv and restore sample photographs (the first command of the README).
set -eu
cd "$(dirname "$0")/.."
. packaging/venv.sh

fresh_venv .venv
pip install --quiet --constraint packaging/constraints.txt '.[demo]'
restore demo demo
echo
echo "restorer is installed. To use it in this shell:  . .venv/bin/activate"
