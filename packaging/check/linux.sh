# Check man pages, completions, menu entry, icon and AppStream data by the tools of the desktop.
dist=$1 work=$2

rm -rf "$work/linux"
mkdir -p "$work/linux"
tar --extract --file "$dist"/restorer-*-linux-share.tar.xz --directory "$work/linux"
share=$work/linux/share
desktop-file-validate "$share/applications/restorer.desktop"
# No domain belongs to the project, from which an id could be made.
appstreamcli validate --no-net --override=cid-desktopapp-is-not-rdns=info "$share/metainfo/restorer.metainfo.xml"
update-mime-database "$share/mime"
grep -q '^image/qoi:\*.qoi$' "$share/mime/globs"
cat "$share"/man/man1/*.1 >"$work/linux/all.1"
troff_says=$(man --warnings --local-file "$work/linux/all.1" 2>&1 >/dev/null)
[ -z "$troff_says" ] || { echo "$troff_says" >&2; exit 1; }
[ -f "$share/man/man1/restore-image.1" ]
bash -n "$share/bash-completion/completions/restore"
zsh -n "$share/zsh/vendor-completions/_restore"
fish --no-execute "$share/fish/vendor_completions.d/restore.fish"
rm -rf "$work/linux"
