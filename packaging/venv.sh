# Sourced by try.sh and test.sh: `fresh_venv DIR` makes an empty virtual environment and activates it.

fresh_venv() {
    python=${PYTHON:-python3}
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        echo "restorer needs Python 3.10 or newer; install it, or name it: PYTHON=python3.12 $0" >&2
        exit 1
    fi
    # Debian and Ubuntu split the venv module off; a fresh machine lacks it.
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
