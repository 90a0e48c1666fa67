# Run the steps of the container's recipe in a bare Debian 12, since no engine may be installed here, and use the result.
# TORCH_INDEX is where the CPU build of PyTorch comes from.
dist=$1 work=$2
. packaging/check/bare.sh

bare bookworm
chroot "$root" userdel --remove user 2>/dev/null # the recipe makes its own
mkdir -p "$root/source/packaging/container" "$root/source/dist"
cp packaging/constraints.txt "$root/source/packaging"
cp packaging/container/install.sh "$root/source/packaging/container"
cp "$dist"/*.whl "$root/source/dist"
settings=
if [ -n "${PIP_CERT:-}" ]; then
    cp "$PIP_CERT" "$root/source/ca.crt"
    settings="PIP_CERT=/source/ca.crt"
fi
if [ -d "${PIP_FIND_LINKS:-}" ]; then
    cp -r "$PIP_FIND_LINKS" "$root/source/wheels"
    settings="$settings PIP_FIND_LINKS=/source/wheels"
    if ls "$PIP_FIND_LINKS" | grep -q '^torch-.*+cpu'; then TORCH_INDEX=${TORCH_INDEX-}; fi
fi
# shellcheck disable=SC2086  # several words
inside env $settings ${TORCH_INDEX+TORCH_INDEX="$TORCH_INDEX"} \
    sh /source/packaging/container/install.sh cpu /source >"$work/container.log" 2>&1 || { cat "$work/container.log"; exit 1; }
rm -r "$root/source"
echo "check: the container's system has $(du --summarize --block-size=M "$root" | cut -f1)"
install --owner=1000 --group=1000 docs/example-noise.jpg "$root/home/restorer/photo.jpg"
ln -s restorer "$root/home/user"
main_job restore
rm -rf "$root"
