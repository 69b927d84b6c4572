"""What a browser notices of a page: violations of accessibility, complaints of the console."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WATCH = "addEventListener('securitypolicyviolation', e => console.error('policy violated: ' + e.violatedDirective + ' ' + e.blockedURI))"


def axe(page: Page) -> list[tuple[str, list[str]]]:
    """(rule, the elements that break it); it must have checked something."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    assert found["passes"]
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found["violations"]]


def watch(page: Page) -> list[str]:
    """What the console will complain of from now on."""
    complaints: list[str] = []
    page.add_init_script(WATCH)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints
