# Compare all files with the list of hashes, and the list with the files.
dist=$1

cd "$dist"
sha256sum --check --strict --quiet SHA256SUMS
[ "$(ls | grep -cv '^SHA256SUMS$')" = "$(wc -l <SHA256SUMS)" ]
python3 -c 'import json; assert json.load(open("restorer.cdx.json"))["bomFormat"] == "CycloneDX"'
