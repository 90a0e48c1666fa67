# Unpack the application below a name with spaces in bare Debian systems, use it as a user, and remove it.
dist=$1 work=$2
. packaging/check/bare.sh

for suite in $suites; do
    bare "$suite"
    listing >"$work/before.txt"
    home="$root/home/user/My programs"
    mkdir "$home"
    tar --extract --zstd --file "$(ls "$dist"/restorer-*-linux-*.tar.zst)" --directory "$home"
    chown -R 1000:1000 "$home"
    app="/home/user/My programs/$(ls "$home")"
    main_job "$app/restore"
    window "$work/window-$suite-app.png" "'$app/restorer' photo.jpg"
    as_user "'$app/add-to-menu' && grep -q '^Exec=\"$app/restorer\" %F' .local/share/applications/restorer.desktop && .local/bin/restore --version >/dev/null"
    as_user "'$app/add-to-menu' --remove"
    rm -rf "$home"
    # What the user made, settings and caches of the user, and folders of the desktop.
    left=$(listing | comm -13 "$work/before.txt" - | grep -v -E '^./home/user/(result.png|in|out|\.local|\.cache|\.config)(/|$)' || true)
    [ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
    find "$root/home/user/.local" -type f -name '*restorer*' | grep . && { echo "left in the menu" >&2; exit 1; }
    echo "check: the application works on $suite"
done
rm -rf "$root"
