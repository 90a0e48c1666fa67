#!/bin/sh
# Check what release.sh made: install, use once without a network, verify and remove each of dist/'s files.
# Steps, all of them by default: wheel linux sums debian app deb container; the last four need root, for bare Debian systems.
# Packages of Debian that are missing are installed if this runs as root.
set -eu
cd "$(dirname "$0")/.."
. packaging/venv.sh
dist=$PWD/dist work=$PWD/build/check
steps=${*:-wheel linux sums debian app deb container}
[ -n "${PYTHON:-}" ] || debian_packages python3 python3-venv
case " $steps " in
*" linux "*) debian_packages appstream desktop-file-utils fish man-db shared-mime-info zsh ;;
esac
case " $steps " in
*" debian "* | *" app "* | *" deb "* | *" container "*) debian_packages debootstrap imagemagick lintian xdotool xvfb zstd ;;
esac

mkdir -p "$work"
for step in $steps; do
    echo "check: $step"
    start=$(date +%s)
    sh -eu "packaging/check/$step.sh" "$dist" "$work"
    echo "check: $step took $(($(date +%s) - start)) s"
done
