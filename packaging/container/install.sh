#!/bin/sh
# Install the command line into a Debian system: install.sh cpu|cuda CLONE, where CLONE/dist has the wheel.
# TORCH_INDEX is where the CPU build of PyTorch comes from; on PyPI is the one with CUDA.
set -eu
device=$1 source=$2

case $device in
cpu) index=${TORCH_INDEX-https://download.pytorch.org/whl/cpu} ;;
cuda) index= ;;
*) echo "install.sh: unknown device '$device'; known are cpu, cuda" >&2; exit 2 ;;
esac
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends python3 python3-venv ca-certificates
python3 -m venv /opt/restorer
/opt/restorer/bin/pip install --quiet --no-cache-dir --no-compile --constraint "$source/packaging/constraints.txt" \
    ${index:+--extra-index-url "$index"} "$(ls "$source"/dist/restorer-*.whl)[cloud,exr,heif,raw,watch]"
ln -s /opt/restorer/bin/restore /usr/local/bin/restore
useradd --create-home --uid 1000 restorer
mkdir -p /pictures
chown restorer /pictures
apt-get clean
rm -rf /var/lib/apt/lists/*
