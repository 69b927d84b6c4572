"""The generated pages are up to date, and nothing is left out of them."""

from qinzheng import wiring
from scripts import reference


def test_the_pages_are_up_to_date() -> None:
    pages, found = reference.render(), reference.on_disk()
    stale = sorted(name for name in pages.keys() | found.keys() if pages.get(name) != found.get(name))
    assert stale == [], "run: make docs"


def test_every_command_is_described() -> None:
    page = reference.on_disk()["commands.md"]
    commands = [(parser.prog, told) for parser, told in reference.commands(wiring.build_parser())]
    assert "qinzheng supervise" in [prog for prog, _ in commands]
    missing = [prog for prog, told in commands if f"## `{prog}`" not in page or not told]
    assert missing == [], "every command needs its help text, in Chinese and English"


def test_every_kind_has_its_schema() -> None:
    assert {f"schema/{name}.json" for name in wiring.KINDS} <= reference.on_disk().keys()
