"""An appointment as an iCalendar file (RFC 5545), to be put into anybody's calendar. Pure.

Text is escaped (3.3.11), lines end in CRLF and are folded at 75 octets without cutting a character (3.1). Times are UTC.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

FOLD = 75
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Entry:
    """One appointment. Moments are UTC microseconds; ``sequence`` grows with each change, so that a cancelled one is taken out."""

    uid: str
    begins: int
    ends: int
    stamp: int
    summary: str
    place: str
    description: str
    remind_minutes: int
    cancelled: bool = False
    sequence: int = 0


def file(entry: Entry) -> bytes:
    """The file, UTF-8."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Qinzheng//Appointments//ZH", "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if entry.cancelled else 'PUBLISH'}", "BEGIN:VEVENT", f"UID:{entry.uid}", f"DTSTAMP:{_at(entry.stamp)}",
        f"DTSTART:{_at(entry.begins)}", f"DTEND:{_at(entry.ends)}", f"SUMMARY:{escaped(entry.summary)}",
        f"LOCATION:{escaped(entry.place)}", f"DESCRIPTION:{escaped(entry.description)}",
        f"STATUS:{'CANCELLED' if entry.cancelled else 'CONFIRMED'}", f"SEQUENCE:{entry.sequence}",
    ]  # fmt: skip
    if not entry.cancelled:
        lines += [
            "BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-PT{entry.remind_minutes}M", f"DESCRIPTION:{escaped(entry.summary)}",
            "END:VALARM",
        ]  # fmt: skip
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return b"".join(folded(line) for line in lines)


def escaped(text: str) -> str:
    """A text value: backslash, semicolon, comma and line ends escaped; other control characters dropped."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(each for each in plain if each == "\n" or each.isprintable())
    for each in ("\\", ";", ","):
        plain = plain.replace(each, f"\\{each}")
    return plain.replace("\n", "\\n")


def folded(line: str) -> bytes:
    """A content line in pieces of at most 75 octets; each further one begins with a space."""
    pieces, piece, room = [], b"", FOLD
    for character in line:
        raw = character.encode()
        if len(piece) + len(raw) > room:
            pieces.append(piece)
            piece, room = b"", FOLD - 1
        piece += raw
    pieces.append(piece)
    return b"\r\n ".join(pieces) + b"\r\n"


def _at(micros: int) -> str:
    return (EPOCH + dt.timedelta(microseconds=micros)).strftime("%Y%m%dT%H%M%SZ")
