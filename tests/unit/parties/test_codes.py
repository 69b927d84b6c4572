"""Check digits: vectors by the standards' own algorithm, and no single slip or swap of neighbours goes through."""

import datetime as dt
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.parties import codes
from qinzheng.parties.codes import WrongCode

DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2025, 12, 31))
DIVISIONS = st.builds(
    lambda province, prefecture, county: f"{province}{prefecture:02d}{county:02d}",
    st.sampled_from(sorted(codes.PROVINCES)), st.integers(1, 99), st.integers(0, 99),
)  # fmt: skip
IDENTITIES = st.builds(codes.make_identity_number, DIVISIONS, DAYS, st.integers(0, 999))
ENTERPRISES = st.builds(
    codes.make_enterprise_code, DIVISIONS, st.integers(0, 99_999_999), st.sampled_from(["91", "92", "12", "11", "53"])
)  # fmt: skip
BODIES = st.text(codes.ENTERPRISE_ALPHABET, min_size=9, max_size=9)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_examples_of_gb_11643(number: str) -> None:
    assert codes.check_identity_number(number) == number


@pytest.mark.parametrize("code", ["91330100799655058B", "91110000600037341L", "914403001922038216"])
def test_published_enterprise_codes(code: str) -> None:
    assert codes.check_enterprise_code(code) == code


def test_check_characters_by_hand() -> None:
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    body = "11010519491231002"
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    assert codes.identity_check(body) == "10X98765432"[total % 11] == "X"
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    body = "91330100799655058"
    total = sum(
        codes.ENTERPRISE_ALPHABET.index(each) * weight for each, weight in zip(body, weights, strict=True)
    )
    assert codes.enterprise_check(body) == codes.ENTERPRISE_ALPHABET[31 - total % 31] == "B"


def test_the_moduli_and_weights_catch_every_slip() -> None:
    """The proof for all codes at once: no weight is 0 and no two neighbours are equal modulo a prime above the values."""
    for modulus, base, places, values in ((11, 2, 18, 11), (31, 3, 17, 31)):
        weights = [pow(base, i, modulus) for i in range(places)]
        assert values <= modulus
        assert all(modulus % divisor for divisor in range(2, modulus))
        assert all(weight % modulus for weight in weights)
        assert all((a - b) % modulus for a, b in zip(weights, weights[1:], strict=False))
    assert pow(3, 16, 31) != 1  # the check character of GB 32100 has the weight 1, its neighbour this one


@given(IDENTITIES)
def test_made_identity_numbers_hold_in_any_writing(number: str) -> None:
    assert codes.check_identity_number(f" {number.lower()} ") == number
    wide = number.translate(str.maketrans(string.digits, "０１２３４５６７８９"))
    assert codes.check_identity_number(wide) == number


@given(IDENTITIES, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_of_an_identity_number_is_caught(number: str, place: int, other: str) -> None:
    wrong = number[:place] + other + number[place + 1 :]
    if wrong != number:
        with pytest.raises(WrongCode):
            codes.check_identity_number(wrong)


@given(IDENTITIES)
def test_two_swapped_neighbours_of_an_identity_number_are_caught(number: str) -> None:
    for wrong in swapped(number):
        with pytest.raises(WrongCode):
            codes.check_identity_number(wrong)


@given(ENTERPRISES, st.integers(0, 17), st.sampled_from(codes.ENTERPRISE_ALPHABET))
def test_one_wrong_character_of_an_enterprise_code_is_caught(code: str, place: int, other: str) -> None:
    assert codes.check_enterprise_code(code.lower()) == code
    wrong = code[:place] + other + code[place + 1 :]
    if wrong != code:
        with pytest.raises(WrongCode):
            codes.check_enterprise_code(wrong)


@given(DIVISIONS, BODIES)
def test_two_swapped_neighbours_of_an_enterprise_code_are_caught(division: str, body: str) -> None:
    code = f"91{division}{body}"
    code += codes.enterprise_check(code)
    for wrong in swapped(code):
        with pytest.raises(WrongCode):
            codes.check_enterprise_code(wrong)


def swapped(code: str) -> list[str]:
    """Every code that differs by two unequal neighbours changed about."""
    return [
        code[:i] + code[i + 1] + code[i] + code[i + 2 :]
        for i in range(len(code) - 1)
        if code[i] != code[i + 1]
    ]


@pytest.mark.parametrize(
    ("number", "zh"),
    [
        ("440524801010014", "15 位"),
        ("1101051949123100", "18 位"),
        ("11010519491231A02X", "前 17 位"),
        ("170105194912310021", "17"),
        ("110105194902310026", "不是存在的日期"),
        ("110105180001010012", "不可能"),
        ("110105194912310021", "校验码"),
    ],
)
def test_a_wrong_identity_number_says_what_is_wrong(number: str, zh: str) -> None:
    with pytest.raises(WrongCode, match=zh) as refused:
        codes.check_identity_number(number)
    assert refused.value.en
    assert number not in str(refused.value)


def test_a_birthday_to_come_is_wrong_only_where_today_is_known() -> None:
    number = codes.make_identity_number("320583", dt.date(2030, 1, 1), 1)
    assert codes.check_identity_number(number) == number
    with pytest.raises(WrongCode, match="不可能"):
        codes.check_identity_number(number, dt.date(2026, 1, 1))
    assert codes.birthday(number) == dt.date(2030, 1, 1)


@pytest.mark.parametrize(
    ("code", "zh"),
    [
        ("9133010079965505", "18 位"),
        ("9133010079965505O8", "第 17 位"),
        ("91990100799655058B", "行政区划"),
        ("913301007996550580", "校验码"),
    ],
)
def test_a_wrong_enterprise_code_says_what_is_wrong(code: str, zh: str) -> None:
    with pytest.raises(WrongCode, match=zh):
        codes.check_enterprise_code(code)


@given(DIVISIONS, st.integers(0, 999), st.integers(0, 999))
def test_division_codes_of_every_length(county: str, town: int, village: int) -> None:
    assert codes.check_division_code(county) == county
    assert codes.check_division_code(f"{county}{town:03d}") == f"{county}{town:03d}"
    whole = f"{county}{town:03d}{village:03d}"
    if town or not village:
        assert codes.make_division_code(county, town, village) == codes.check_division_code(whole) == whole
    else:
        with pytest.raises(WrongCode, match="乡级"):
            codes.check_division_code(whole)


@pytest.mark.parametrize(
    ("code", "zh"),
    [
        ("3205", "6、9、12 位"),
        ("32058A", "数字"),
        ("160000", "16"),
        ("320083", "地级"),
        ("320000001", "地级"),
    ],
)
def test_a_wrong_division_code_says_what_is_wrong(code: str, zh: str) -> None:
    with pytest.raises(WrongCode, match=zh):
        codes.check_division_code(code)


def test_every_province_is_there_once() -> None:
    assert len(codes.PROVINCES) == 34
    assert len({name for pair in codes.PROVINCES.values() for name in pair}) == 68


@given(st.text(max_size=20))
def test_anything_else_is_refused_and_nothing_breaks(text: str) -> None:
    for check in (codes.check_identity_number, codes.check_enterprise_code, codes.check_division_code):
        try:
            normal = check(text)
        except WrongCode:
            continue
        assert check(normal) == normal


def test_numbers_that_are_no_citizens() -> None:
    """Permits of Taiwan residents (83…) and cards of foreign residents (9, province, nationality) have the same form."""
    for head in ("830000", "911156"):
        body = f"{head}19900101001"
        assert codes.check_identity_number(body + codes.identity_check(body))
    body = "91100000" + "710925032"
    assert codes.check_enterprise_code(body + codes.enterprise_check(body))
