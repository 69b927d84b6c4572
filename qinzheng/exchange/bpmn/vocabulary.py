"""What BPMN 2.0 and we call things: namespaces, the elements that stand for ours, and how a text is fit for XML.

BPMN 2.0.2 (OMG formal/2013-12-09, ISO/IEC 19510). What it cannot say of a procedure travels as JSON in extension
elements of our own namespace, at the element it belongs to, so that a drawing may be edited elsewhere and opened again.
"""

from __future__ import annotations

import re

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OURS = "urn:qinzheng:bpmn:1"
"""Our extension namespace. A change of what stands in it gets another number."""
WORKING = "urn:qinzheng:amount"
"""The expression language of amounts that ISO 8601 cannot say, such as working days."""
PREFIXES = {"bpmn": MODEL, "bpmndi": DI, "dc": DC, "di": DD, "xsi": XSI, "qinzheng": OURS}

ISO = {"minutes": "PT{}M", "hours": "PT{}H", "calendar_days": "P{}D", "months": "P{}M", "years": "P{}Y"}
"""Units that ISO 8601 can say."""

_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fit(text: str) -> str:
    """The text without what XML cannot hold, on one line as an attribute keeps it."""
    return " ".join(_UNFIT.sub("\ufffd", text).split())


_HIDDEN = re.compile("[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")


def clean(text: str) -> str:
    """A text of another system's drawing as a definition may hold it: on one line, nothing invisible in it."""
    return fit(_HIDDEN.sub("", text))


def amount(unit: str, number: int) -> tuple[str, str]:
    """An amount as (language, expression); language empty: ISO 8601."""
    if unit in ISO:
        return "", ISO[unit].format(number)
    return WORKING, f"{number} {unit}"


_PERIOD = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?\Z", re.ASCII
)
_PARTS = ("years", "months", "weeks", "calendar_days", "hours", "minutes", "seconds")
_OURS = re.compile(r"(\d{1,6}) (working_days|working_hours)\Z", re.ASCII)


def read_amount(text: str) -> tuple[str, int] | None:
    """(unit, number) of an ISO 8601 duration in one unit, or of ours; None where it is neither. Weeks become days."""
    text = text.strip()
    ours = _OURS.match(text)
    if ours:
        return ours[2], int(ours[1])
    found = _PERIOD.match(text)
    said = [(unit, int(n)) for unit, n in zip(_PARTS, found.groups(), strict=True) if n] if found else []
    if len(said) != 1 or not 0 < said[0][1] <= 100_000:
        return None
    unit, number = said[0]
    if unit == "weeks":
        return "calendar_days", 7 * number
    if unit == "seconds":
        return ("minutes", number // 60) if number % 60 == 0 else None
    return unit, number
