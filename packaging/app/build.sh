#!/bin/sh
# Build the application's folder from a wheel, on Linux, Windows and macOS: build.sh WHEEL WORK makes WORK/app/restorer.
# PyTorch must be a build for CPUs; for Linux, PIP_EXTRA_INDEX_URL names where it is if not on the index in use.
set -eu
wheel=$1 work=$2
home=$(dirname "$0")
env=$work/app-env

[ -d "$env" ] || "${PYTHON:-python3}" -m venv "$env"
bin=$env/bin
[ -d "$bin" ] || bin=$env/Scripts # on Windows
install() { "$bin/python" -m pip install --quiet --constraint "$home/../constraints.txt" "$@"; }
install pyinstaller "$wheel[exr,gui,heif,raw,watch]"
# spandrel asks for torchvision, whose CPU build is not on PyPI; restorer/models/community.py replaces what is used of it.
install --no-deps spandrel einops
install --no-deps --force-reinstall "$wheel"
"$bin/python" -c 'import sys, torch; sys.exit(torch.version.cuda and "PyTorch has CUDA; set PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu")'

rm -rf "$work/app"
"$bin/pyinstaller" --log-level ERROR --noconfirm --distpath "$work/app" --workpath "$work/app-work" "$home/restorer.spec"
