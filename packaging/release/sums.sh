# List what the application consists of (CycloneDX), the hashes of the included models, and those of all files.
# Needs what app.sh made.
work=$1 dist=$2
packages=$("$work/app-env/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')

version=$("$work/app-env/bin/python" -c 'from importlib.metadata import version; print(version("restorer"))')
rm -f "$dist"/SHA256SUMS "$dist"/*.cdx.json "$dist"/*-models.sha256
PYTHONPATH=$packages python packaging/release/sbom.py "$work/app/restorer" "$packages" "$dist/restorer-$version.cdx.json"
(cd "$work/app/restorer/_internal/restorer/weights/embedded" && sha256sum -- *) >"$dist/restorer-$version-models.sha256"
python packaging/app/sums.py "$dist"
