"""The files of this checkout that the house rules read."""

from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
CODE = ("qinzheng", "config", "scripts", "benchmarks", "tests")
MODULES = ("qinzheng", "config", "scripts", "tests")
"""Benchmarks are left out: each sets Django up for a server of its own before it can import a model."""
PRODUCT = ("qinzheng", "config")
WORDS = ("qinzheng", "config", "scripts", "benchmarks", "definitions", "docs")
TEXT = {".py", ".md", ".yaml", ".html", ".sql", ".toml", ".ini", ".txt"}


def files(folders: tuple[str, ...], suffixes: set[str]) -> list[PurePosixPath]:
    """Paths below the folders, relative to the root; caches left out."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in suffixes)
    relative = (PurePosixPath(path.relative_to(ROOT).as_posix()) for path in found if path.is_file())
    return sorted(path for path in relative if "__pycache__" not in path.parts)


def text(path: PurePosixPath) -> str:
    """What the file says."""
    return (ROOT / path).read_text(encoding="utf-8")
