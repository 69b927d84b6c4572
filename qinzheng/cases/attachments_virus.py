"""A scanner of viruses that speaks clamd's INSTREAM (clamd(8)), where one is configured. It fails closed.

``CLAMD``: ``host:port`` or the path of a socket; empty: no scanner. Set clamd's ``StreamMaxLength`` and ``MaxFileSize`` above
the size that we take and ``AlertExceedsMax yes``: else clamd calls what it did not look at clean.
"""

from __future__ import annotations

import socket
import struct

from django.conf import settings

from qinzheng.cases.attachments_checks import WrongFile

TIMEOUT_S = 20.0
PIECE = 64 * 1024
LONGEST_ANSWER = 4_096


class NotScanned(Exception):
    """The scanner could not be asked, or did not answer as it should: the file waits."""


def wanted() -> bool:
    """Whether files are scanned here."""
    return bool(settings.CLAMD)


def scan(content: bytes) -> None:
    """Nothing where it is clean. Raises :class:`WrongFile` for what was found, :class:`NotScanned` without an answer."""
    if not wanted():
        return
    try:
        with _connected() as link:
            link.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), PIECE):
                piece = content[start : start + PIECE]
                link.sendall(struct.pack("!L", len(piece)) + piece)
            link.sendall(struct.pack("!L", 0))
            answer = _answer(link)
    except OSError as why:
        raise NotScanned(type(why).__name__) from None
    if answer.endswith(b" FOUND"):
        raise WrongFile(
            "查毒发现病毒，没有保存：请换一台设备重新扫描或拍照",
            "a virus was found and the file was not kept: scan or photograph the paper on another device",
        )
    if answer != b"stream: OK":
        raise NotScanned("unexpected answer")


def _connected() -> socket.socket:
    where = str(settings.CLAMD)
    host, colon, port = where.rpartition(":")
    if where.startswith("/") or not colon:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(TIMEOUT_S)
        try:
            link.connect(where)
        except OSError:
            link.close()
            raise
        return link
    return socket.create_connection((host, int(port)), TIMEOUT_S)


def _answer(link: socket.socket) -> bytes:
    said = b""
    while len(said) < LONGEST_ANSWER:
        piece = link.recv(LONGEST_ANSWER)
        said += piece
        if not piece or b"\0" in piece:
            break
    return said.partition(b"\0")[0].strip()
