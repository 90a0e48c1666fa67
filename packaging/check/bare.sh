# Functions for the checks in bare Debian systems, which need root: `bare SUITE` makes a fresh copy in $root,
# `inside COMMAND ...` runs there, and `offline_inside COMMAND ...` does so without a network.

suites=${SUITES:-bookworm trixie}

bare() {
    root=$work/root
    first=$work/roots/$1
    if [ ! -d "$first" ]; then
        rm -rf "$first.part"
        debootstrap --variant=minbase "$1" "$first.part" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/debootstrap.log"
        mv "$first.part" "$first"
    fi
    rm -rf "$root"
    cp -a "$first" "$root"
    cp /etc/resolv.conf /etc/hosts "$root/etc"
    chroot "$root" useradd --create-home --shell /bin/sh user
    install --owner=1000 --group=1000 docs/example-noise.jpg "$root/home/user/photo.jpg"
}

inside() { enter "" "$@"; }
offline_inside() { enter --net "$@"; }

enter() {
    net=$1
    shift
    # shellcheck disable=SC2016,SC2086  # for the inner shell; an option or none
    unshare --mount --pid --fork $net sh -eu -c '
        root=$1; shift
        mount --rbind /dev "$root/dev"
        mount -t proc proc "$root/proc"
        mkdir -p "$root/tmp/.X11-unix"
        if [ -d /tmp/.X11-unix ]; then mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"; fi
        exec chroot "$root" env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
    ' inside "$root" "$@"
}

# Run as an ordinary user, in the home, without a network: `as_user COMMAND`, a line of shell.
as_user() {
    offline_inside DISPLAY=:97 setpriv --reuid=1000 --regid=1000 --clear-groups --no-new-privs \
        env HOME=/home/user sh -eu -c "cd; $1"
}

# The main job, with a command or its path: one picture, a folder in two processes, the proof, and the hashes.
main_job() {
    as_user "restore='$1'"'
        "$restore" --version
        "$restore" --version | grep -q "^commit [0-9a-f]\{12\} of "
        "$restore" image photo.jpg -o result.png
        "$restore" verify photo.jpg result.png
        mkdir -p in
        cp photo.jpg in/a.jpg
        cp photo.jpg in/b.jpg
        "$restore" batch in out --scale 2 --jobs 2
        [ "$(ls out)" = "$(printf "a.jpg\nb.jpg")" ]
        "$restore" integrate darktable gimp nautilus dolphin >integrate.txt
        [ "$(grep -c " written\$" integrate.txt)" = 5 ] # two of them for nautilus
        "$restore" integrate --remove darktable gimp nautilus dolphin
        rm integrate.txt
        "$restore" doctor --verify
    '
}

# Open the window on a screen of this machine, and keep a picture of it as $1; $2 is a line of shell that opens it.
window() {
    Xvfb :97 -screen 0 1280x800x24 -nolisten tcp >/dev/null 2>&1 &
    screen=$!
    sleep 1
    as_user "QT_QPA_PLATFORM=xcb timeout 240 $2" &
    opened=$!
    found=$(DISPLAY=:97 timeout 200 xdotool search --sync --onlyvisible --name photo.jpg | head -1)
    [ -n "$found" ] || { echo "check: no window came" >&2; kill $screen; exit 1; }
    sleep 8 # for the preview
    DISPLAY=:97 import -window root "$1" 2>/dev/null || true
    DISPLAY=:97 xdotool windowclose "$found" || true
    kill $screen
    wait $opened 2>/dev/null || true
    wait $screen 2>/dev/null || true
}

# All files of the system but what package managers and the kernel keep for themselves.
listing() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./tmp -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log \) -prune \
        -o -print | sort)
}
