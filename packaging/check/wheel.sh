# Install wheel and source archive into new environments, and use each of them.
dist=$1 work=$2
. packaging/check/offline.sh

for file in "$dist"/*.whl "$dist"/*.tar.gz; do
    python=$work/wheel/bin/python
    "${PYTHON:-python3}" -m venv --clear "$work/wheel"
    "$python" -m pip install --quiet --constraint packaging/constraints.txt "$file"
    use_once "$work/wheel/bin/restore"
    for extra in gui community raw heif cluster all; do # every extra is known and can be resolved
        "$python" -m pip install --quiet --dry-run --constraint packaging/constraints.txt "$file[$extra]" >"$work/extra.log" 2>&1 ||
            { cat "$work/extra.log"; exit 1; }
    done
    "$python" -m pip uninstall --quiet --yes restorer
    left=$(find "$work/wheel" -path '*restorer*' -not -path '*/__pycache__*' -type f)
    [ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
done
rm -rf "$work/wheel"
