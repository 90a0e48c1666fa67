#!/bin/sh
# Check what release.sh made: install, use once without a network, verify and remove each of dist/'s files.
# Steps, all of them by default: wheel linux sums debian app deb container; the last four need root, for bare Debian systems.
set -eu
cd "$(dirname "$0")/.."
dist=$PWD/dist work=$PWD/build/check
mkdir -p "$work"
for step in ${*:-wheel linux sums debian app deb container}; do
    echo "check: $step"
    start=$(date +%s)
    sh -eu "packaging/check/$step.sh" "$dist" "$work"
    echo "check: $step took $(($(date +%s) - start)) s"
done
