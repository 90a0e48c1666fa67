# Write the bill of materials (CycloneDX), with the hashes of the included models, and the list of hashes.
work=$1 dist=$2

environment=$work/environment
if [ ! -x "$environment/bin/python" ]; then
    "${PYTHON:-python3}" -m venv "$environment"
    "$environment/bin/pip" install --quiet --constraint packaging/constraints.txt "$(echo "$dist"/*.whl)[all]"
fi
cyclonedx-py environment --output-reproducible --pyproject pyproject.toml --mc-type application \
    --output-file "$work/python.json" "$environment/bin/python"
python packaging/release/models.py "$work/python.json" weights "$dist/restorer.cdx.json"
cd "$dist"
rm -f SHA256SUMS
sha256sum -- * >"$work/SHA256SUMS"
mv "$work/SHA256SUMS" SHA256SUMS
