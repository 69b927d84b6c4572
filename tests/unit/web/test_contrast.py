"""The pigments can be read: contrast by WCAG 2.2, computed from the style sheets themselves, light and dark."""

import re

import pytest

from qinzheng.web import assets

PIGMENTS = ("azurite", "bamboo", "gamboge", "cinnabar", "ochre")
SURFACES = ("paper", "sheet")
TEXT = [(word, on) for word in ("ink", "soft", *PIGMENTS) for on in SURFACES]
TEXT += [(word, f"{word}-wash") for word in PIGMENTS] + [("ink", f"{word}-wash") for word in PIGMENTS]
TEXT += [("soft", "azurite-wash"), ("azurite", "groove"), ("ink", "groove"), ("soft", "groove")]
TEXT += [("on-azurite", "azurite"), ("on-cinnabar", "cinnabar"), ("sheet", "ink")]
SHAPES = [("edge", on) for on in SURFACES] + [
    (word, "groove") for word in ("azurite", "bamboo", "cinnabar", "ochre")
]
SHAPES += [
    ("ink", "rest"),
    ("sheet", "bamboo"),
    ("sheet", "ochre"),
    ("ochre", "ochre-wash"),
    ("cinnabar", "sheet"),
]


def tokens(theme: str) -> dict[str, tuple[int, int, int]]:
    """The colours of a theme by name; dark is read over light, as the browser does."""
    names = ("tokens.css",) if theme == "light" else ("tokens.css", "tokens-dark.css")
    text = "".join((assets.CSS / name).read_text(encoding="utf-8") for name in names)
    found = re.findall(r"--([a-z-]+):\s*#([0-9a-f]{6});", text)
    return {name: (int(value[:2], 16), int(value[2:4], 16), int(value[4:], 16)) for name, value in found}


def luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [value / 255 for value in colour]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: tuple[int, int, int], b: tuple[int, int, int]) -> float:
    """From 1 to 21."""
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((0x77, 0x77, 0x77), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("word", "on"), TEXT)
def test_words_are_read(theme: str, word: str, on: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[word], colours[on]) >= 4.5, f"{word} on {on} in {theme}"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "on"), SHAPES)
def test_shapes_are_seen(theme: str, shape: str, on: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[shape], colours[on]) >= 3, f"{shape} on {on} in {theme}"


def test_both_themes_have_the_same_pigments() -> None:
    assert tokens("light").keys() == tokens("dark").keys()
    light, dark = (
        (assets.CSS / name).read_text(encoding="utf-8") for name in ("tokens.css", "tokens-dark.css")
    )
    assert set(re.findall(r"--([a-z-]+):\s*#", dark)) == set(re.findall(r"--([a-z-]+):\s*#", light))


def test_components_name_no_colour_of_their_own() -> None:
    """One meaning each holds only while nobody paints beside the tokens; ink upon the yellow card is the same in both themes."""
    allowed = {"badge.css": {"#1b2530"}, "dialog.css": set()}
    for sheet in assets.sheets():
        if sheet.name in ("tokens.css", "tokens-dark.css"):
            continue
        found = set(
            re.findall(
                r"#[0-9a-f]{3,8}\b(?=[;\s])", assets.COMMENT.sub("", sheet.read_text(encoding="utf-8"))
            )
        )
        assert found <= allowed.get(sheet.name, set()), sheet.name
