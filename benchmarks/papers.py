"""Milliseconds and bytes a paper: every kind drawn as PDF and as .docx, one process, no database.

    python -m benchmarks.papers [--repeats 20]

``first_ms`` is a process's first PDF, which reads the fonts. The content is what a case would give, 600 characters long.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from qinzheng import wiring
    from qinzheng.definitions.form import Text
    from qinzheng.definitions.library import Library, default_root
    from qinzheng.mechanisms.papers import docx, pdf
    from qinzheng.mechanisms.papers.content import Content, Section

    words = Text(zh="经营场所布局图没有标明水池位置，健康证明过期。" * 8, en="The plan shows no sink. " * 20)
    papers = [each for each in Library.read([default_root()], wiring.KINDS).all("paper") if not each.blank]
    contents = [
        Content(
            paper=each.id, edition="0" * 64, number="XK2026000001-01", case="XK2026000001", event="0" * 36, title=each.name,
            organ=Text(zh="清和市市场监督管理局", en="Qinghe market regulator"), addressee="某某", paragraphs=(words, words, words),
            sections=(Section(each.name, ("第一项", "第二项", "第三项")),), remedies=words if each.refusal else None,
            grounds=each.name, signed=tuple(each.signed), seal=each.seal, day="2026年11月25日", copies=2, ours=True, salt="s" * 32,
        )
        for each in papers
    ]  # fmt: skip
    begin = time.perf_counter()
    pdf.drawn(contents[0], ADDRESS)
    first = (time.perf_counter() - begin) * 1_000
    print(
        json.dumps(
            {
                "kinds": len(contents), "repeats": repeats, "first_ms": round(first, 1),
                "content_bytes": round(statistics.mean(len(each.kept()) for each in contents)),
                "pdf": _timed(lambda each: pdf.drawn(each, ADDRESS), contents, repeats),
                "docx": _timed(docx.written, contents, repeats),
            }, indent=1,
        )
    )  # fmt: skip


ADDRESS = "https://city.example/papers/0199d3a0-0000-7000-8000-000000000000/"


def _timed(draw: Callable[..., bytes], contents: list[object], repeats: int) -> dict[str, float]:
    """Median and 95th percentile in milliseconds over all kinds and repeats, with differing numbers; mean size in bytes."""
    from dataclasses import replace

    took, sizes = [], []
    for repeat in range(repeats):
        for each in contents:
            another = replace(each, number=f"XK2026{repeat:06}-01")  # type: ignore[type-var]
            begin = time.perf_counter()
            body = draw(another)
            took.append((time.perf_counter() - begin) * 1_000)
            sizes.append(len(body))
    return {
        "p50_ms": round(statistics.median(took), 1),
        "p95_ms": round(statistics.quantiles(took, n=20)[-1], 1),
        "bytes": round(statistics.mean(sizes)),
    }


if __name__ == "__main__":
    main()
