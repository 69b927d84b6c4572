"""Makes a compiled copy of the package: the same source of the kernel through mypyc, not a line changed.

    .venv/bin/python scripts/compile_kernel.py FOLDER
    PYTHONPATH=FOLDER .venv/bin/python -m benchmarks.kernel      (run it from FOLDER)

Optional: needs a C compiler, and setuptools and mypy in the environment (the development one has them). The checkout
itself is never compiled in place, so a compiled module can never hide a source that has changed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = (
    "qinzheng/calendars/calendar.py", "qinzheng/clocks/counting.py", "qinzheng/clocks/machine.py",
    "qinzheng/clocks/moves.py", "qinzheng/supervision/conditions.py", "qinzheng/supervision/judge.py",
)  # fmt: skip
SETUP = """from setuptools import setup
from mypyc.build import mypycify
options = ["--ignore-missing-imports", "--follow-imports=silent"]
setup(name="qinzheng-kernel", packages=[], py_modules=[], ext_modules=mypycify(options + {modules!r}, opt_level="3"))
"""


def main() -> int:
    """Copy, compile, say how to use it."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = Path(sys.argv[1]).resolve()
    for name in ("qinzheng", "config", "definitions", "benchmarks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "setup.py").write_text(SETUP.format(modules=list(MODULES)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"], cwd=folder, check=False
    )
    if done.returncode:
        print("编译失败：需要 C 编译器 / compilation failed: a C compiler is needed", file=sys.stderr)
        return 1
    print(f"cd {folder} && PYTHONPATH={folder} {sys.executable} -m benchmarks.kernel")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
