"""The style sheets of the site, in the order of the cascade, and as one text. Nothing is built."""

from __future__ import annotations

import re
from pathlib import Path

PRODUCT = Path(__file__).resolve().parent.parent
CSS = Path(__file__).resolve().parent / "static" / "css"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FIRST = ("tokens.css", "base.css", "layout.css")
"""The sheets that every page begins with, in this order; the components follow by name, the print last."""


def sheets() -> list[Path]:
    """The sheets in the order in which they are served as one; components from any package that has some."""
    components = sorted(PRODUCT.glob("*/static/css/components/*.css"))
    return [*(CSS / name for name in FIRST), *components, CSS / "print.css"]


def style() -> str:
    """All sheets as one text without comments: one request instead of thirty."""
    return "\n".join(COMMENT.sub("", path.read_text(encoding="utf-8")).strip() for path in sheets()) + "\n"
