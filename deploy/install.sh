#!/bin/sh
# 断网安装 · install without a network: sh install.sh [目录 · folder, 缺省 default /usr/local/lib/qinzheng]
# 需要 Python 3.11 以上（PYTHON=… 可指定）；不需要 pip 与 venv · needs Python 3.11 or newer, neither pip nor venv
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-/usr/local/lib/qinzheng}
cd "$here"

python=${PYTHON:-}
if [ -z "$python" ]; then
    for each in python3.14 python3.13 python3.12 python3.11 python3; do
        if command -v "$each" >/dev/null 2>&1 && "$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$(command -v "$each")
            break
        fi
    done
fi
if [ -z "$python" ]; then
    echo "没有 Python 3.11 以上的版本，请先安装，或用 PYTHON=路径 指定 / no Python 3.11 or newer: install one, or name it with PYTHON=path" >&2
    exit 1
fi

sha256sum --check --quiet SHA256SUMS || {
    echo "离线包不完整或被改动，未安装 / the bundle is incomplete or was changed: nothing was installed" >&2
    exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
machine=$(uname -m)
uv_wheel=$(ls wheels/uv-*"$machine"*.whl 2>/dev/null | head -n 1)
if [ -z "$uv_wheel" ]; then
    echo "离线包不含 $machine 的安装文件 / this bundle holds nothing for $machine" >&2
    exit 1
fi
"$python" - "$uv_wheel" "$work" <<'PY'
import pathlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    name = next(name for name in wheel.namelist() if name.endswith(".data/scripts/uv"))
    place = pathlib.Path(sys.argv[2], "uv")
    place.write_bytes(wheel.read(name))
place.chmod(0o700)
PY

UV_CACHE_DIR=$work/cache UV_NO_CONFIG=1 UV_OFFLINE=1 UV_PYTHON_DOWNLOADS=never
export UV_CACHE_DIR UV_NO_CONFIG UV_OFFLINE UV_PYTHON_DOWNLOADS
"$work/uv" venv --quiet --clear --python "$python" "$target"
"$work/uv" pip install --quiet --python "$target/bin/python" --no-index --find-links wheels --link-mode copy \
    --require-hashes --requirement requirements.txt
"$work/uv" pip install --quiet --python "$target/bin/python" --no-index --no-deps --link-mode copy wheels/qinzheng-*.whl
"$target/bin/qinzheng" --version
echo "已安装到 $target；接着看 docs/how-to/deploy.md / installed in $target; go on with docs/how-to/deploy.md"
