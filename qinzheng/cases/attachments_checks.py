"""What an uploaded file is, by its content; the name only has to agree. Pure; opens nothing that it does not have to.

Allowed: JPEG, PNG, WebP, PDF; DOCX and XLSX where the material allows them. Office files are looked at as archives:
their directory is summed up before anything is unpacked, and nothing ever is (a small archive can unpack to gigabytes).
"""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass

MOST_BYTES = 10 * 1024 * 1024
"""Of one file (ours: a page photographed by a telephone has three to eight)."""
LONGEST_NAME = 120
MOST_UNPACKED = 50 * 1024 * 1024
MOST_RATIO = 200
MOST_PARTS = 2_000
IMAGES = frozenset({"jpeg", "png", "webp"})
ORDINARY = frozenset({*IMAGES, "pdf"})
OFFICE = frozenset({"docx", "xlsx"})
EXTENSIONS = {
    "jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp", "pdf": "pdf", "docx": "docx", "xlsx": "xlsx",
}  # fmt: skip
TYPES = {
    "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
PDF_END = 2_048
"""Bytes at the end in which a PDF names its end."""


class WrongFile(Exception):
    """A file that is not taken: why and what to do, in two languages; its name is not repeated."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


@dataclass(frozen=True)
class Known:
    """What was found: the kind by content, and the name without folders."""

    kind: str
    name: str


def check(name: str, content: bytes, allowed: Collection[str] = ORDINARY) -> Known:
    """The kind of a file whose name and content agree. Raises :class:`WrongFile`."""
    if not content:
        raise WrongFile("文件是空的，请重新选择", "the file is empty: choose it anew")
    if len(content) > MOST_BYTES:
        raise too_large()
    clean, extension = _name(name)
    kind = kind_of(content)
    if kind is None or kind not in allowed:
        listed = "、".join(sorted({each.upper() for each in allowed}))
        raise WrongFile(
            f"只收 {listed}：请拍照或另存为其中一种再传", f"only {listed} are taken: photograph it or save it as one of them"
        )  # fmt: skip
    if EXTENSIONS.get(extension) != kind:
        raise WrongFile(
            f"内容是 {kind.upper()}，文件名的后缀却不是：请改正后缀，或重新导出",
            f"the content is {kind.upper()}, which the end of the name does not say: correct it, or export the file anew",
        )
    return Known(kind, clean)


def too_large() -> WrongFile:
    """One file is larger than we take."""
    most = MOST_BYTES // 1024 // 1024
    return WrongFile(
        f"超过 {most} MB：请拍得小一些，或分成几个文件",
        f"larger than {most} MB: take a smaller picture, or split it into several files",
    )


def _name(name: str) -> tuple[str, str]:
    """The last part of a name without what cannot be seen, and its extension in small letters."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    seen = "".join(each for each in last if unicodedata.category(each)[0] != "C").strip(" .")
    if not seen:
        raise WrongFile("文件没有名字，请改名后再传", "the file has no name: give it one")
    stem, dot, extension = seen.rpartition(".")
    if not dot or not stem:
        raise WrongFile(
            "文件名没有后缀（如 .jpg、.pdf）：请补上", "the name has no end such as .jpg or .pdf: add it"
        )
    return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"[-LONGEST_NAME:], extension.lower()


def kind_of(content: bytes) -> str | None:
    """The kind by content, or None for what we do not know; a known kind that is broken raises :class:`WrongFile`."""
    for kind, fits in SIGNS.items():
        if fits(content):
            return kind
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return None


def _pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-") and b"%%EOF" in content[-PDF_END:]


SIGNS: dict[str, Callable[[bytes], bool]] = {
    "jpeg": lambda content: content.startswith(b"\xff\xd8\xff"),
    "png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    "webp": lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP",
    "pdf": _pdf,
}


def _office(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise WrongFile("文件已损坏，请重新导出", "the file is broken: export it anew") from None
    whole = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or whole > MOST_UNPACKED or whole > MOST_RATIO * len(content):
        raise WrongFile("文件解开后过大，不予接收", "the file unpacks to too much and is not taken")
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or any(each.endswith("vbaProject.bin") for each in names):
        return None
    if "word/document.xml" in names:
        return "docx"
    return "xlsx" if "xl/workbook.xml" in names else None
