# Build wheel and source archive, twice, and prove that the bytes are the same.
work=$1 dist=$2

rm -f "$dist"/*.whl "$dist"/*.tar.gz
python -m build --quiet --outdir "$dist"
rm -rf "$work/again"
git clone --quiet --shared . "$work/again"
(cd "$work/again" && python -m build --quiet --outdir dist
 for file in dist/*; do cmp "$file" "$dist/${file##*/}"; done)
rm -rf "$work/again"
twine check --strict "$dist"/*.whl "$dist"/*.tar.gz
check-wheel-contents "$dist"/*.whl
