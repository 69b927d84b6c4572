"""The few words that every paper has, in both languages; shared by PDF, .docx and page."""

from __future__ import annotations

from typing import Literal

from qinzheng.definitions.form import Text

Tongue = Literal["zh", "en"]
WORDS = {
    "number": Text(zh="编号：", en="No. "),
    "seal_organ": Text(zh="（印章）", en="(seal)"),
    "seal_licensing": Text(zh="（行政许可专用章）", en="(licensing seal)"),
    "copies": Text(
        zh="本文书一式{n}份：一份送达，其余存档。",
        en="Made out in {n} copies: one is served, the rest are filed.",
    ),
    "check": Text(zh="扫码核验真伪", en="Scan to verify"),
    "digest": Text(zh="校验码 ", en="Check code "),
    "ours": Text(
        zh="本文书格式由本系统自定，各地以公布的示范文本为准。",
        en="The form of this paper is ours; each place uses the model it has published.",
    ),
    "reading": Text(zh="", en="Translation for reading only: the Chinese text is the paper."),
    "corrects": Text(zh="本文书更正并代替 ", en="This paper corrects and replaces "),
    "remedies": Text(zh="救济途径", en="Remedies"),
    "colon": Text(zh="：", en=":"),
}
