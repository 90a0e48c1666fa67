#!/bin/sh
# Make the release of the commit in this clone: everything into dist/, from a fresh clone in build/release.
# Steps, all of them by default, in this order: wheel linux app deb sums
# Packages of Debian 12 that are missing are installed if this runs as root.
set -eu
cd "$(dirname "$0")/.."
. packaging/venv.sh
root=$PWD work=$PWD/build/release
steps=${*:-wheel linux app deb sums}
[ -n "${PYTHON:-}" ] || debian_packages python3 python3-venv
case " $steps " in
*" app "* | *" deb "*)
    # The last lines are what the window loads. app/fallback.py copies those of X11, for systems without a desktop.
    debian_packages binutils dpkg-dev xz-utils zstd \
        $("${PYTHON:-python3}" -c 'import sys; print("libpython3.%d" % sys.version_info[1] * (sys.base_prefix == "/usr"))') \
        fonts-dejavu-core libdbus-1-3 libegl1 libfontconfig1 libgl1 libglib2.0-0 libx11-xcb1 libxcb-cursor0 \
        libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxkbcommon-x11-0 libwayland-cursor0 libwayland-egl1
    ;;
esac
[ -z "$(git status --porcelain)" ] || echo "release: changes that are not committed are left out" >&2

mkdir -p "$work" dist
rm -rf "$work/source"
git clone --quiet --shared . "$work/source"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH PYTHONHASHSEED=0 LC_ALL=C.UTF-8
umask 022

if [ ! -x "$work/tools/bin/twine" ]; then
    "${PYTHON:-python3}" -m venv --clear "$work/tools"
    # The last four are all that the tree of commands needs.
    "$work/tools/bin/pip" install --quiet --constraint packaging/constraints.txt \
        build check-wheel-contents twine 'cyclonedx-python-lib[json-validation]' \
        click lazy-loader msgspec platformdirs
fi
PATH=$work/tools/bin:$PATH
cd "$work/source"
for step in $steps; do
    echo "release: $step"
    start=$(date +%s)
    sh -eu "packaging/release/$step.sh" "$work" "$root/dist"
    echo "release: $step took $(($(date +%s) - start)) s"
done
