"""National codes and their check digits: GB 11643, GB 32100, GB/T 2260. Pure.

``check_*`` return the code in its normal form or raise :class:`WrongCode` that says what is wrong;
``make_*`` compute check characters. Both moduli are primes larger than any digit's value, and no two
neighbouring weights are equal modulo them: every single wrong character and every swap of two
unequal neighbours is caught.
"""

from __future__ import annotations

import datetime as dt
import unicodedata

PROVINCES: dict[str, tuple[str, str]] = {
    "11": ("北京", "Beijing"), "12": ("天津", "Tianjin"), "13": ("河北", "Hebei"), "14": ("山西", "Shanxi"),
    "15": ("内蒙古", "Inner Mongolia"), "21": ("辽宁", "Liaoning"), "22": ("吉林", "Jilin"),
    "23": ("黑龙江", "Heilongjiang"), "31": ("上海", "Shanghai"), "32": ("江苏", "Jiangsu"), "33": ("浙江", "Zhejiang"),
    "34": ("安徽", "Anhui"), "35": ("福建", "Fujian"), "36": ("江西", "Jiangxi"), "37": ("山东", "Shandong"),
    "41": ("河南", "Henan"), "42": ("湖北", "Hubei"), "43": ("湖南", "Hunan"), "44": ("广东", "Guangdong"),
    "45": ("广西", "Guangxi"), "46": ("海南", "Hainan"), "50": ("重庆", "Chongqing"), "51": ("四川", "Sichuan"),
    "52": ("贵州", "Guizhou"), "53": ("云南", "Yunnan"), "54": ("西藏", "Tibet"), "61": ("陕西", "Shaanxi"),
    "62": ("甘肃", "Gansu"), "63": ("青海", "Qinghai"), "64": ("宁夏", "Ningxia"), "65": ("新疆", "Xinjiang"),
    "71": ("台湾", "Taiwan"), "81": ("香港", "Hong Kong"), "82": ("澳门", "Macao"),
}  # fmt: skip
"""GB/T 2260: the first two digits of a division code."""

RESIDENCE_PERMIT_TAIWAN = "83"
"""Residence permits of Taiwan residents are numbered under 830000 (from memory, not read in the text)."""
FOREIGN_RESIDENT = "9"
"""Permanent residents' cards: 9, two digits of province, three of nationality (from memory, as above)."""
NATION = "10"
"""Enterprises registered with the national authority carry 100000 as their division."""

IDENTITY_CHECKS = "10X98765432"
ENTERPRISE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100: no I, O, S, V, Z, which look like digits or like one another."""
EARLIEST_BIRTH = dt.date(1850, 1, 1)
"""Ours: an earlier birthday in a register is a slip."""


class WrongCode(ValueError):
    """A code that cannot be right: why, in two languages. The code itself is not repeated: it is personal."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


def check_identity_number(text: str, today: dt.date | None = None) -> str:
    """An 18-character identity number (GB 11643), normal form with a capital X.

    With ``today`` a birthday still to come is wrong too. Raises :class:`WrongCode`.
    """
    code = _normal(text)
    if len(code) == 15 and code.isdecimal():
        raise WrongCode(
            "15 位的旧号码已停用，请填 18 位公民身份号码",
            "numbers of 15 digits are no longer used: give the 18-digit one",
        )
    _length(code, (18,))
    if not _digits(code[:17]) or code[17] not in "0123456789X":
        raise WrongCode(
            "前 17 位应为数字，末位应为数字或 X",
            "the first 17 characters must be digits, the last a digit or X",
        )
    province = code[1:3] if code[0] == FOREIGN_RESIDENT else code[:2]
    if province not in PROVINCES and province != RESIDENCE_PERMIT_TAIWAN:
        raise WrongCode(f"没有以 {province} 开头的行政区划", f"no division begins with {province}")
    _birthday(code[6:14], today)
    if identity_check(code[:17]) != code[17]:
        raise _mistyped(18)
    return code


def identity_check(body: str) -> str:
    """The check character of 17 digits: ISO 7064 MOD 11-2."""
    total = sum(int(digit) * pow(2, 17 - i, 11) for i, digit in enumerate(body))
    return IDENTITY_CHECKS[total % 11]


def make_identity_number(division: str, born: dt.date, sequence: int) -> str:
    """A well-formed number for generated people: 6-digit division, birthday, order 0-999 (odd is male)."""
    body = f"{check_division_code(division)[:6]}{born:%Y%m%d}{sequence:03d}"
    return body + identity_check(body)


def check_enterprise_code(text: str) -> str:
    """An 18-character unified social credit code (GB 32100), normal form in capitals. Raises :class:`WrongCode`."""
    code = _normal(text)
    _length(code, (18,))
    for place, character in enumerate(code, 1):
        if character not in ENTERPRISE_ALPHABET:
            raise WrongCode(
                f"第 {place} 位不是统一社会信用代码可用的字符（不用 I、O、S、V、Z）",
                f"character {place} is not one of a unified social credit code (I, O, S, V, Z are not used)",
            )
    division = code[2:8]
    if not _digits(division) or division[:2] not in {*PROVINCES, NATION}:
        raise WrongCode(
            "第 3 至 8 位应为登记机关的行政区划代码",
            "characters 3 to 8 must be the division code of the registering authority",
        )
    if enterprise_check(code[:17]) != code[17]:
        raise _mistyped(18)
    return code


def enterprise_check(body: str) -> str:
    """The check character of 17 characters: weights 3^(i-1), modulus 31."""
    total = sum(ENTERPRISE_ALPHABET.index(character) * pow(3, i, 31) for i, character in enumerate(body))
    return ENTERPRISE_ALPHABET[-total % 31]


def organization_check(body: str) -> str:
    """The check character of the eight characters of an organization code (GB 11714, places 9-17 of GB 32100)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(character, 36) * weight for character, weight in zip(body, weights, strict=True))
    return "0123456789X"[-total % 11]


def make_enterprise_code(division: str, number: int, kind: str = "91") -> str:
    """A well-formed code for generated enterprises: registering authority and kind, division, a number to 99,999,999."""
    inner = f"{number:08d}"
    body = f"{kind}{check_division_code(division)[:6]}{inner}{organization_check(inner)}"
    return body + enterprise_check(body)


def check_division_code(text: str) -> str:
    """A division code of 6 (GB/T 2260), 9 (town) or 12 digits (village). Raises :class:`WrongCode`.

    The code has no check digit: what is verified is its province and that no level below an empty one is filled.
    A city may have towns without counties (its third pair is 00), so that is let be.
    """
    code = _normal(text)
    _length(code, (6, 9, 12))
    if not _digits(code):
        raise WrongCode("行政区划代码只含数字", "a division code holds digits only")
    if code[:2] not in PROVINCES:
        raise WrongCode(f"没有以 {code[:2]} 开头的行政区划", f"no division begins with {code[:2]}")
    if code[2:4] == "00" and code[4:].strip("0"):
        raise WrongCode(
            "地级为 00 时以下各位应为 0", "where the prefecture is 00, all that follows must be 0"
        )
    if code[6:9] == "000" and code[9:].strip("0"):
        raise WrongCode("乡级为 000 时村级应为 000", "where the town is 000, the village must be 000")
    return code


def make_division_code(county: str, town: int = 0, village: int = 0) -> str:
    """A 12-digit code below a 6-digit county: town and village numbers 0-999."""
    return check_division_code(f"{county}{town:03d}{village:03d}")


def birthday(identity_number: str) -> dt.date:
    """The birthday in a checked identity number."""
    return dt.datetime.strptime(identity_number[6:14], "%Y%m%d").date()


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().upper()


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _length(code: str, allowed: tuple[int, ...]) -> None:
    if len(code) not in allowed:
        said = "、".join(map(str, allowed))
        raise WrongCode(
            f"应为 {said} 位，实为 {len(code)} 位",
            f"must have {' or '.join(map(str, allowed))} characters, has {len(code)}",
        )


def _birthday(text: str, today: dt.date | None) -> None:
    try:
        born = dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise WrongCode(
            "第 7 至 14 位不是存在的日期", "characters 7 to 14 are no day of the calendar"
        ) from None
    if born < EARLIEST_BIRTH or (today is not None and born > today):
        raise WrongCode("第 7 至 14 位的出生日期不可能", "characters 7 to 14 are an impossible day of birth")


def _mistyped(place: int) -> WrongCode:
    return WrongCode(
        f"第 {place} 位校验码不符，号码有误，请核对原件",
        f"check character {place} does not fit: the number is mistyped, compare it with the original",
    )
