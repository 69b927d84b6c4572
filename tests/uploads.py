"""Files for tests of uploading: good ones, hostile ones, and a scanner that speaks clamd's protocol."""

from __future__ import annotations

import io
import socket
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless text that every scanner calls a virus (eicar.org)."""
PLACE = "31.2304N"
"""A place hidden in a picture: a canary."""


def picture(format: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture that says in its metadata where it was taken."""
    out = io.BytesIO()
    image = Image.new("RGB", size, (200, 90, 30))
    exif = Image.Exif()
    exif[0x010E] = PLACE
    exif.get_ifd(0x8825)[1] = "N"
    image.save(out, format, exif=exif)
    return out.getvalue()


def pdf(text: bytes = b"") -> bytes:
    """As small a PDF as there is."""
    return b"%PDF-1.4\n" + text + b"\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims these pixels: small as a file, huge in memory."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack("!L", len(body)) + kind + body + struct.pack("!L", zlib.crc32(kind + body))

    head = struct.pack("!LLBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )  # fmt: skip


def office(kind: str = "docx", *, bomb: bool = False, macros: bool = False) -> bytes:
    """An office file; a bomb unpacks to far more than it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        part = "word/document.xml" if kind == "docx" else "xl/workbook.xml"
        archive.writestr(part, "0" * (60 * 1024 * 1024) if bomb else "<document/>")
        if macros:
            archive.writestr("word/vbaProject.bin", "x")
    return out.getvalue()


@contextmanager
def scanner() -> Iterator[tuple[str, list[bytes]]]:
    """A scanner on a free port: its address and what it was given. It finds :data:`EICAR` and nothing else."""
    given: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_scanning, args=(server, given), daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}", given


def _scanning(server: socket.socket, given: list[bytes]) -> None:
    while True:
        try:
            link, _ = server.accept()
        except OSError:
            return  # the test is over
        with link, link.makefile("rb") as stream:
            if stream.read(10) != b"zINSTREAM\0":
                continue
            content = b""
            while size := struct.unpack("!L", stream.read(4))[0]:
                content += stream.read(size)
            given.append(content)
            link.sendall(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0")
