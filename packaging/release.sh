#!/bin/sh
# Make the release of the commit in this clone: everything into dist/, from a fresh clone in build/release.
# Steps, all of them by default, in this order: wheel linux app deb sums
set -eu
cd "$(dirname "$0")/.."
root=$PWD work=$PWD/build/release
steps=${*:-wheel linux app deb sums}
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
