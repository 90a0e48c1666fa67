# Functions for try.sh and test.sh: `fresh_venv DIR` creates and activates an empty virtual environment,
# and `qt_libraries` installs the system libraries that Qt needs.

fresh_venv() {
    python=${PYTHON:-python3}
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        echo "restorer requires Python 3.10 or newer; to use another Python: PYTHON=python3.12 $0" >&2
        exit 1
    fi
    # On Debian and Ubuntu, the venv module is a separate package.
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3-venv
        else
            echo "Python's venv module is missing; run: sudo apt-get install python3-venv" >&2
            exit 1
        fi
    fi
    "$python" -m venv --clear "$1"
    . "$1/bin/activate"
    python -m pip install --quiet --upgrade pip
}

# Qt needs system libraries, even without a screen.
qt_libraries() {
    python -c 'import PySide6.QtWidgets' 2>/dev/null && return
    libraries="libegl1 libgl1 libfontconfig1 libglib2.0-0 libxkbcommon0 libdbus-1-3 fonts-dejavu-core"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        # shellcheck disable=SC2086  # several words
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $libraries
    else
        echo "Qt requires system libraries; run: sudo apt-get install $libraries" >&2
        exit 1
    fi
}
