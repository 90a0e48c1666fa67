# Compare the files of the release with their hashes, and the included models with the lists that name them.
dist=$1 work=$2

(cd "$dist" && sha256sum --quiet --check SHA256SUMS)
rm -rf "$work/sums"
"${PYTHON:-python3}" -m zipfile --extract "$dist"/*.whl "$work/sums"
(cd "$work/sums/restorer/weights/embedded" && sha256sum --quiet --check "$dist"/*-models.sha256)
while read -r digest _; do
    grep -q "sha256 = \"$digest\"" "$work/sums/restorer/weights/catalog.toml"
    grep -q "\"content\": \"$digest\"" "$dist"/*.cdx.json
done <"$(ls "$dist"/*-models.sha256)"
rm -rf "$work/sums"
