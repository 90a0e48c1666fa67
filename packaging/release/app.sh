# Make the application's folder: everything it needs, relocatable, as tar.zst.
# Needs the wheel and what linux.sh made.
work=$1 dist=$2
app=$work/app/restorer
python=$work/app-env/bin/python

sh packaging/app/build.sh "$(ls "$dist"/*.whl)" "$work"
install --mode=755 packaging/app/linux/restorer packaging/app/linux/add-to-menu "$app"
"$python" packaging/app/fallback.py "$app" packaging/app/linux/fonts.conf
cp -r "$work/linux/share" "$app/share"
version=$("$python" -c 'from importlib.metadata import version; print(version("restorer"))')
sed "s/@VERSION@/$version/" packaging/app/README.txt >"$app/README.txt"
"$python" packaging/app/sums.py "$app"

name=restorer-$version-linux-$(uname -m)
rm -f "$dist"/restorer-*-linux-"$(uname -m)".tar.zst
tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --directory "$work/app" --transform "s,^restorer,$name,S" restorer | zstd --quiet -9 -T0 -o "$dist/$name.tar.zst"
