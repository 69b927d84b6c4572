"""The addresses of style sheets, scripts and pictures: they change with their content, so they may be kept for ever.

No build step and no manifest: one digest over every static file of the product is a part of the path
(``/static/<digest>/css/…``), and relative links between the files go on working.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

PRODUCT = Path(__file__).resolve().parent.parent
CSS = Path(__file__).resolve().parent / "static" / "css"
DIGITS = 12
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FIRST = ("tokens.css", "base.css", "layout.css")
"""The sheets that every page begins with, in this order; the components follow by name, the print last."""


def folders() -> list[Path]:
    """The ``static`` folder of each package that has one."""
    return sorted(path for path in PRODUCT.glob("*/static") if path.is_dir())


def files() -> Iterator[Path]:
    """Every static file of the product, in a stable order."""
    for folder in folders():
        yield from sorted(path for path in folder.rglob("*") if path.is_file())


def digest() -> str:
    """Twelve hex digits over the names and bytes of every static file."""
    found = hashlib.sha256()
    for path in files():
        found.update(f"{path.relative_to(PRODUCT).as_posix()}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:DIGITS]


def sheets() -> list[Path]:
    """The style sheets of the site, in the order in which they are served as one."""
    components = [
        path for folder in folders() for path in sorted((folder / "css" / "components").glob("*.css"))
    ]
    return [*(CSS / name for name in FIRST), *components, CSS / "print.css"]


def style() -> str:
    """All style sheets as one text without comments: one request instead of thirty."""
    return "\n".join(COMMENT.sub("", path.read_text(encoding="utf-8")).strip() for path in sheets()) + "\n"
