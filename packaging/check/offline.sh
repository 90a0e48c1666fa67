# Functions for the checks: `offline COMMAND ...` runs without a network, and `use_once RESTORE` does the main job.

offline() {
    if unshare --net true 2>/dev/null; then
        unshare --net "$@"
    else
        unshare --map-root-user --net "$@"
    fi
}

# Enlarge a picture in an empty home, with nothing from this environment.
use_once() {
    home=$(mktemp -d)
    cp docs/example-noise.jpg "$home/photo.jpg"
    offline env -i HOME="$home" PATH=/usr/bin:/bin LC_ALL=C.UTF-8 sh -eu -c '
        cd "$HOME"
        "$1" --version
        "$1" --version | grep -q "^commit [0-9a-f]\{12\} of "
        "$1" image photo.jpg -o result.png --task denoising
        "$1" verify photo.jpg result.png
        "$1" doctor --verify
    ' use_once "$1"
    rm -rf "$home"
}
