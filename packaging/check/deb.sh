# Read the package with lintian; install, use, remove and purge it in bare Debian systems.
dist=$1 work=$2
. packaging/check/bare.sh
deb=$(ls "$dist"/restorer_*.deb)

lintian --fail-on error --tag-display-limit 0 --suppress-tags-from-file /dev/null "$deb"
for suite in $suites; do
    bare "$suite"
    cp "$deb" "$root/root/restorer.deb"
    inside apt-get -qq update
    inside apt-get -qq install --yes --no-install-recommends /root/restorer.deb fonts-dejavu-core >"$work/apt.log" 2>&1
    inside dpkg --remove restorer
    listing >"$work/before.txt"
    offline_inside dpkg --install /root/restorer.deb
    main_job restore
    [ -n "$(offline_inside sh -c 'dpkg --verify restorer')" ] && { echo "files differ from the package" >&2; exit 1; }
    window "$work/window-$suite-deb.png" "restore gui photo.jpg"
    offline_inside dpkg --remove restorer
    offline_inside dpkg --purge restorer 2>/dev/null || true # no configuration is left that could be purged
    left=$(listing | comm -3 "$work/before.txt" - | grep -v -E '^\s*./home/user/(result.png|in|out|\.local|\.cache|\.config)(/|$)' || true)
    [ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
    [ -f "$root/home/user/result.png" ]
    echo "check: the package works on $suite"
done
rm -rf "$root"
