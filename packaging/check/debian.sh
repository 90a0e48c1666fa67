# Install the wheel with the Python of bare Debian systems, without a network, from a folder of wheels; use and remove it.
# ANY_TORCH=1 takes PyTorch with CUDA, of several GB, where the index has none for CPUs.
dist=$1 work=$2
. packaging/check/bare.sh

for suite in $suites; do
    bare "$suite"
    inside apt-get -qq update
    inside apt-get -qq install --yes --no-install-recommends python3-venv >"$work/apt.log" 2>&1
    number=$(inside python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    target="--python-version $number --only-binary :all: --platform manylinux2014_x86_64
        $(seq --format '--platform manylinux_2_%g_x86_64' 36 -1 5)"
    # shellcheck disable=SC2086  # several words, here and below
    report=$("${PYTHON:-python3}" -m pip install --quiet --dry-run --report - --no-deps --target "$work/none" $target \
        --constraint packaging/constraints.txt torch)
    case ${ANY_TORCH:-}$report in
    *+cpu* | 1*) ;;
    *)
        echo "check: no PyTorch for CPUs and Python $number on the index in use, so the wheel is not tried on $suite"
        continue
        ;;
    esac
    "${PYTHON:-python3}" -m pip download --quiet --dest "$work/wheels/$number" $target \
        --constraint packaging/constraints.txt "$(ls "$dist"/*.whl)[exr,heif,raw,watch]"
    cp -r "$work/wheels/$number" "$root/wheels"
    cp "$dist"/*.whl "$root/wheels"
    as_user 'python3 -m venv venv && venv/bin/pip install --quiet --no-index --find-links /wheels "restorer[exr,heif,raw,watch]"'
    main_job venv/bin/restore
    as_user 'venv/bin/pip uninstall --quiet --yes restorer; ! find venv -path "*restorer*" -type f | grep .'
    echo "check: the wheel works on $suite with Python $number"
done
rm -rf "$root"
