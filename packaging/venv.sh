# Functions for try.sh, test.sh and the scripts of a release: `fresh_venv DIR` creates and activates an empty virtual
# environment, `qt_libraries` installs the system libraries that Qt needs, and `debian_packages NAME ...` those packages.

fresh_venv() {
    python=${PYTHON:-python3}
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        echo "restorer requires Python 3.10 or newer; to use another Python: PYTHON=python3.12 $0" >&2
        exit 1
    fi
    # On Debian and Ubuntu, the venv module is a separate package.
    "$python" -c 'import ensurepip' 2>/dev/null || debian_packages python3-venv
    "$python" -m venv --clear "$1"
    . "$1/bin/activate"
    python -m pip install --quiet --upgrade pip
}

# Qt needs system libraries, even without a screen.
qt_libraries() {
    python -c 'import PySide6.QtWidgets' 2>/dev/null ||
        debian_packages libegl1 libgl1 libfontconfig1 libglib2.0-0 libxkbcommon0 libdbus-1-3 fonts-dejavu-core
}

# Install the packages that are missing, as root; otherwise say how to.
debian_packages() {
    missing=
    for name in "$@"; do
        # Debian 13 and Ubuntu 24.04 have some under another name, such as libglib2.0-0t64.
        dpkg-query --show --showformat='${db:Status-Status}\n' "$name" "${name}t64" 2>/dev/null | grep -qx installed ||
            missing="$missing $name"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing packages of the system:$missing"
        apt-get update -qq
        # shellcheck disable=SC2086  # several words
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
    else
        echo "packages of the system are missing; run: sudo apt-get install$missing" >&2
        exit 1
    fi
}
