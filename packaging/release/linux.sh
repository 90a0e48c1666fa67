# Make what a Linux package puts below /usr/share: man pages, completions, menu entry, icon, file types, AppStream.
work=$1 dist=$2

rm -rf "$work/library" "$work/linux"
python -m zipfile --extract "$dist"/*.whl "$work/library"
version=$(PYTHONPATH=$work/library python -c 'import restorer; print(restorer.__version__)')
share=$work/linux/share
PYTHONPATH=$work/library python packaging/release/pages.py "$share"

place() { install -D --mode=644 "packaging/linux/$1" "$share/$2"; }
place restorer.desktop applications/restorer.desktop
place restorer.svg icons/hicolor/scalable/apps/restorer.svg
place restorer.xml mime/packages/restorer.xml
place restorer.metainfo.xml metainfo/restorer.metainfo.xml
sed -i "s/@VERSION@/$version/; s/@DATE@/$(date --utc --date="@$SOURCE_DATE_EPOCH" +%F)/" "$share/metainfo/restorer.metainfo.xml"

rm -f "$dist"/restorer-*-linux-share.tar.xz
tar --create --xz --file "$dist/restorer-$version-linux-share.tar.xz" --sort=name --mtime="@$SOURCE_DATE_EPOCH" \
    --owner=0 --group=0 --numeric-owner --directory "$work/linux" share
