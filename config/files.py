"""The address of style sheets, scripts and pictures: it changes with their content, so they may be kept for ever.

No build step and no manifest: one digest over every static file of the product is a part of the path
(``/static/<digest>/css/…``), and relative links between the files go on working.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

PRODUCT = Path(__file__).resolve().parent.parent / "qinzheng"
DIGITS = 12


def digest() -> str:
    """Twelve hex digits over the names and bytes of every static file, in a stable order."""
    found = hashlib.sha256()
    for path in sorted(PRODUCT.glob("*/static/**/*")):
        if path.is_file():
            found.update(f"{path.relative_to(PRODUCT).as_posix()}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:DIGITS]
