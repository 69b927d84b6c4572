"""The codes of service items by GB/T 39554.1-2020: 实施编码 (31 characters) and 业务办理项编码 (33). Pure.

The standard was seen by title only; the structure below is from memory and from codes as cities print them:
the unit's unified social credit code (18, GB 32100, with its own check digit), the level that decides (1), and the
basic code of the catalogue (12: region of the catalogue 2, type 2, subject 2, main item 3, sub-item 3). A business
handling item adds a serial of 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from qinzheng.parties import codes
from qinzheng.parties.codes import WrongCode

ITEM_LENGTH, BUSINESS_LENGTH, UNIT_LENGTH = 31, 33, 18
LEVELS = {
    "1": ("国家级", "national"), "2": ("省级", "province"), "3": ("市级", "city"),
    "4": ("县级", "county"), "5": ("乡级", "town"), "6": ("村级", "village"),
}  # fmt: skip
TYPES = {
    "01": ("行政许可", "licence"), "02": ("行政处罚", "penalty"), "03": ("行政强制", "coercion"),
    "04": ("行政征收", "levy"), "05": ("行政给付", "payment"), "06": ("行政检查", "inspection"),
    "07": ("行政确认", "confirmation"), "08": ("行政奖励", "award"), "09": ("行政裁决", "ruling"),
    "10": ("其他行政权力", "other power"), "20": ("公共服务", "public service"),
}  # fmt: skip
NATIONAL = "00"
"""The region of a basic code that stands in the national catalogue."""


@dataclass(frozen=True)
class ItemCode:
    """The parts of a code. ``serial`` is empty for the item itself."""

    unit: str
    level: str
    region: str
    type: str
    subject: str
    main: str
    sub: str
    serial: str = ""

    @property
    def basic(self) -> str:
        """The 12 digits under which the item stands in the catalogue that everybody shares."""
        return self.region + self.type + self.subject + self.main + self.sub

    def __str__(self) -> str:
        return self.unit + self.level + self.basic + self.serial


def read(text: str) -> ItemCode:
    """The code of an item (31) or of one of its business handling items (33). Raises :class:`WrongCode`."""
    code = text.strip().upper()
    if len(code) not in (ITEM_LENGTH, BUSINESS_LENGTH):
        raise WrongCode(
            f"实施编码 31 位、业务办理项编码 33 位，现为 {len(code)} 位",
            f"an item's code has 31 characters, a business handling item's 33; this has {len(code)}",
        )
    unit, rest = codes.check_enterprise_code(code[:UNIT_LENGTH]), code[UNIT_LENGTH:]
    if not rest.isdecimal() or not rest.isascii():
        raise WrongCode("第 19 位以后应全为数字", "from the 19th on all must be digits")
    found = ItemCode(unit, rest[0], rest[1:3], rest[3:5], rest[5:7], rest[7:10], rest[10:13], rest[13:])
    if found.level not in LEVELS:
        raise WrongCode(
            f"第 19 位（行使层级）应为 1 至 6，现为 {found.level}",
            f"the 19th (level) is 1 to 6, this is {found.level}",
        )
    if found.region != NATIONAL and found.region not in codes.PROVINCES:
        raise WrongCode(
            f"第 20、21 位（目录地区）没有 {found.region}：国家目录为 00",
            f"the 20th and 21st (region of the catalogue): there is no {found.region}; the national one is 00",
        )
    if found.type not in TYPES:
        known = "、".join(f"{key} {zh}" for key, (zh, _) in TYPES.items())
        raise WrongCode(
            f"第 22、23 位（事项类型）没有 {found.type}；可用：{known}",
            f"the 22nd and 23rd (type): there is no {found.type}; known: {', '.join(TYPES)}",
        )
    if found.main == "000":
        raise WrongCode("主项代码不能为 000", "the main item's number cannot be 000")
    if found.serial == "00":
        raise WrongCode("业务办理项序号从 01 起", "business handling items are numbered from 01")
    return found


def belongs(business: str, item: str) -> bool:
    """Whether a business handling item's code is one of the item's."""
    return len(business) == BUSINESS_LENGTH and business[:ITEM_LENGTH] == item
