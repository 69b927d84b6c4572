"""Make one archive that installs without a network: wheels for x86_64 and aarch64, the embedded PostgreSQL, definitions.

    make bundle [BUNDLE_PYTHONS="3.11 3.12"] [BUNDLE_MACHINES="x86_64 aarch64"]

Versions and hashes are those of ``uv.lock``. The machine that it is carried to needs Python of one of the versions,
``sh``, ``tar`` and ``sha256sum``; neither pip nor venv (``deploy/install.sh`` brings its own).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from scripts import bootstrap

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "dist"
MACHINES = ("x86_64", "aarch64")
GLIBC = (17, 24, 26, 27, 28, 31, 34)
"""Minor versions of glibc 2 whose wheels are taken: what openEuler 22.03, Kylin V10 and Debian 12 run."""
CARRIED = ("deploy", "docs/how-to", "LICENSE", "README.md")


def main() -> int:
    """Write ``dist/qinzheng-VERSION-linux.tar``; 1 after an explained failure."""
    pythons = os.environ.get("BUNDLE_PYTHONS", f"{sys.version_info[0]}.{sys.version_info[1]}").split()
    machines = os.environ.get("BUNDLE_MACHINES", " ".join(MACHINES)).split()
    try:
        path = bundle(bootstrap.find_uv() or bootstrap.fetch_uv(), pythons, machines)
    except (bootstrap.Stopped, subprocess.CalledProcessError, OSError) as why:
        print(f"离线包未做成 / no bundle was made: {why}", file=sys.stderr)
        return 1
    size = path.stat().st_size / (1 << 20)
    print(f"{path}（{size:.0f} MiB）：解开后运行 sh install.sh / unpack it, then sh install.sh")
    return 0


def bundle(uv: str, pythons: Sequence[str], machines: Sequence[str]) -> Path:
    """Gather everything in a folder and pack it."""
    folder = OUT / "bundle"
    shutil.rmtree(folder, ignore_errors=True)
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    _run(
        uv,
        "export",
        "--frozen",
        "--no-dev",
        "--no-emit-project",
        "--no-header",
        "--output-file",
        str(folder / "requirements.txt"),
    )
    _run(uv, "build", "--wheel", "--out-dir", str(wheels))
    (own,) = wheels.glob("qinzheng-*.whl")
    for machine in machines:
        for python in pythons:
            download(
                uv,
                wheels,
                machine,
                python,
                "--require-hashes",
                "--requirement",
                str(folder / "requirements.txt"),
            )
        download(uv, wheels, machine, pythons[0], "--no-deps", f"uv=={bootstrap.UV}")
    for name in CARRIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copyfile(ROOT / name, folder / name)
    shutil.copyfile(ROOT / "deploy" / "install.sh", folder / "install.sh")
    (folder / "SHA256SUMS").write_text("".join(sums(folder)), encoding="utf-8")
    packed = OUT / f"{'-'.join(own.name.split('-')[:2])}-linux.tar"
    with tarfile.open(packed, "w") as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, Path(packed.stem) / path.relative_to(folder), recursive=False, filter=_anonymous)
    return packed


def download(uv: str, wheels: Path, machine: str, python: str, *what: str) -> None:
    """Wheels for one machine and version of Python, as pip resolves their tags."""
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in GLIBC]
    platforms += [f"--platform=manylinux2014_{machine}", f"--platform=linux_{machine}"]
    _run(
        uv, "tool", "run", "--from", "pip", "pip", "download", "--quiet", "--only-binary=:all:", "--dest", str(wheels),
        "--python-version", python, "--implementation=cp", *platforms, *what,
    )  # fmt: skip


def sums(folder: Path) -> Iterable[str]:
    """A line for ``sha256sum -c`` for each file."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "SHA256SUMS":
            with path.open("rb") as file:
                yield f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.relative_to(folder).as_posix()}\n"


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whose machine packed it does not matter."""
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def _run(*command: str) -> None:
    subprocess.run(command, check=True, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
