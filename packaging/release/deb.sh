# Build the Debian package: the application's folder below /opt, with man pages, completions, menu entry and icons.
# Needs what app.sh and linux.sh made.
work=$1 dist=$2
python=$work/app-env/bin/python
root=$work/deb/root opt=$work/deb/root/opt/restorer

version=$("$python" -c 'from importlib.metadata import version; print(version("restorer"))')
rm -rf "$work/deb"
mkdir -p "$root/opt" "$root/usr/bin" "$root/usr/share/doc/restorer" "$root/usr/share/lintian/overrides" "$root/DEBIAN"
cp -r "$work/app/restorer" "$opt"
# The system has the libraries of a desktop, and the menu entry is installed for everybody.
rm -r "$opt/fallback" "$opt/share" "$opt/restorer" "$opt/add-to-menu" "$opt/README.txt"
echo "Debian package" >"$opt/build.txt"
"$python" packaging/app/sums.py "$opt"
ln -s /opt/restorer/restore "$root/usr/bin/restore"

cp -r "$work/linux/share/." "$root/usr/share"
"$python" packaging/app/icons.py packaging/linux/restorer.svg "$root/usr/share/icons/hicolor"
install --mode=644 packaging/debian/copyright "$root/usr/share/doc/restorer/copyright"
install --mode=644 packaging/debian/lintian "$root/usr/share/lintian/overrides/restorer"
sed "s/@VERSION@/$version/; s/@DATE@/$(date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")/" packaging/debian/changelog |
    gzip -9n >"$root/usr/share/doc/restorer/changelog.gz"
gzip -9n "$root"/usr/share/man/man1/*.1

# The versions of libraries that the binaries need, as Debian's own packages find them.
mkdir -p "$work/deb/debian"
printf 'Source: restorer\n\nPackage: restorer\nArchitecture: amd64\n' >"$work/deb/debian/control"
needed=$(find "$opt" -type f \( -name '*.so*' -o -name restore \) | sort)
private=$(find "$opt/_internal" -type d \( -name '*.libs' -o -path '*/torch/lib' -o -path '*/Qt/lib' \) -printf '-l%p ')
# shellcheck disable=SC2086  # several words, without spaces
depends=$(cd "$work/deb" && dpkg-shlibdeps -O --ignore-missing-info -l"$opt/_internal" $private $needed 2>"$work/deb/shlibdeps.log" |
    sed 's/^shlibs:Depends=//')
[ -n "$depends" ] || { cat "$work/deb/shlibdeps.log" >&2; exit 1; }

find "$root" -type d -exec chmod 755 {} +
find "$root" -type f \( -name '*.so' -o -name '*.so.*' -o -not -perm -100 \) -exec chmod 644 {} +
size=$(du --summarize --apparent-size --block-size=1k "$root" | cut -f1)
sed "s/@VERSION@/$version/; s/@SIZE@/$size/; s/@DEPENDS@/$depends/" packaging/debian/control >"$root/DEBIAN/control"
(cd "$root" && find opt usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
rm -f "$dist"/restorer_*.deb
dpkg-deb --root-owner-group -Zxz -z3 --build "$root" "$dist/restorer_${version}_amd64.deb" >/dev/null
size=$(stat --format=%s "$dist"/restorer_*.deb)
[ "$size" -lt 300000000 ] || { echo "release: the package has $size bytes, more than 300 MB" >&2; exit 1; }
