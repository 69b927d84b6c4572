"""What is taken of a party, in which form, and how much of it is shown."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qinzheng.parties import fields, masks
from qinzheng.parties.codes import WrongCode
from qinzheng.parties.fields import WrongField

NAMES = st.text(st.characters(categories=["Lo", "Lu", "Ll"]), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("138 1234 5678", "13812345678"), ("+86-138-1234-5678", "13812345678"), ("008613812345678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"), ("(0512) 5712-3456", "051257123456"), ("400-800-1234", "4008001234"),
        ("12345", "12345"), ("+1 415 555 0100", "+14155550100"), ("57123456", "57123456"),
    ],
)  # fmt: skip
def test_phones_in_their_normal_form(written: str, normal: str) -> None:
    assert fields.phone(written) == normal
    assert fields.phone(normal) == normal


@pytest.mark.parametrize("written", ["", "1381234567", "abc", "138123456789", "00000000", "١٣٨١٢٣٤٥٦٧٨"])
def test_what_is_no_phone(written: str) -> None:
    with pytest.raises(WrongCode):
        fields.phone(written)


def test_each_field_is_checked_and_named_without_its_value() -> None:
    wrong = {
        "identity_number": "110105194912310021", "phone": "138-not-a-phone", "name": "\u202e张三", "contacts": [{"way": "fax"}],
        "address": "路" * 201,
    }  # fmt: skip
    for field, value in wrong.items():
        with pytest.raises(WrongField) as refused:
            fields.check("citizen", {"name": "张三", field: value})
        assert refused.value.field == field
        assert field in str(refused.value)
        assert str(value) not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "given_", "field"),
    [
        ("citizen", {}, "name"),
        ("citizen", {"name": "  "}, "name"),
        ("citizen", {"name": "张三", "enterprise_code": "91330100799655058B"}, "enterprise_code"),
        ("enterprise", {"name": "甲厂", "identity_number": "11010519491231002X"}, "identity_number"),
        ("citizen", {"name": "张三", "religion": "x"}, "religion"),
        ("citizen", {"name": 3}, "name"),
        ("city", {"name": "张三"}, "kind"),
        ("citizen", {"name": "张三", "contacts": "138"}, "contacts"),
        ("citizen", {"name": "张三", "contacts": [{"way": "email", "value": "no"}]}, "contacts"),
        ("citizen", {"name": "张三", "contacts": [{"way": "wechat", "value": str(i)} for i in range(11)]}, "contacts"),
    ],
)  # fmt: skip
def test_only_declared_fields_are_taken(kind: str, given_: dict[str, object], field: str) -> None:
    with pytest.raises(WrongField) as refused:
        fields.check(kind, given_)
    assert refused.value.field == field


def test_a_whole_record_and_a_change() -> None:
    whole = fields.check(
        "enterprise",
        {"name": " 清和  甲厂 ", "enterprise_code": "91330100799655058b", "phone": "", "address": None,
         "contacts": [{"way": "email", "value": "A@EXAMPLE.CN"}, {"way": "email", "value": "a@example.cn"}]},
    )  # fmt: skip
    assert whole == {
        "name": "清和 甲厂", "enterprise_code": "91330100799655058B",
        "contacts": [{"way": "email", "value": "a@example.cn"}],
    }  # fmt: skip
    assert fields.check("citizen", {"phone": ""}, whole=False) == {"phone": None}
    with pytest.raises(WrongField, match="必填"):
        fields.check("citizen", {"name": ""}, whole=False)
    with pytest.raises(WrongField, match="不可能"):
        fields.check(
            "citizen",
            {"name": "张三", "identity_number": "11010519491231002X"},
            today=dt.date(1949, 1, 1),
        )


@given(NAMES)
def test_a_masked_name_shows_the_family_name_only(name: str) -> None:
    shown = masks.name(name)
    assert shown.count("*") >= 1
    assert len(shown.rstrip("*")) <= 2
    assert name.startswith(shown.rstrip("*"))


@given(st.from_regex(fields.PHONE, fullmatch=True))
def test_a_masked_phone_hides_at_least_four_or_half(phone: str) -> None:
    shown = masks.phone(phone)
    assert len(shown) == len(phone)
    assert shown.count("*") >= min(4, (len(phone) + 1) // 2)
    assert all(a in (b, "*") for a, b in zip(shown, phone, strict=True))


def test_the_masks_of_habit() -> None:
    held = {
        "name": "欧阳小明", "identity_number": "11010519491231002X", "phone": "13812345678", "address": "清和市玉山镇人民路1号",
        "contacts": [{"way": "email", "value": "zhang@example.cn"}, {"way": "wechat", "value": "zhang"}],
    }  # fmt: skip
    assert fields.masked("citizen", held) == {
        "name": "欧阳**", "identity_number": "110105********002X", "phone": "138****5678", "address": "清和市玉山******",
        "contacts": [{"way": "email", "value": "z***@example.cn"}, {"way": "wechat", "value": "******"}],
    }  # fmt: skip
    assert masks.name("张三") == "张*"
    assert masks.name("张") == "*"
    firm = {"name": "甲厂", "enterprise_code": "91330100799655058B", "legal_representative": "李四"}
    assert fields.masked("enterprise", firm) == firm | {"legal_representative": "李*"}


def test_names_that_are_compared_alike() -> None:
    assert (
        fields.same_name("阿迪力•买买提")
        == fields.same_name("阿迪力・买买提")
        == fields.same_name(" 阿迪力·买买提")
    )
    assert fields.same_name("清和（集团）ＡＢＣ") == fields.same_name("清和(集团)abc")
    assert (
        fields.core_name("清和市甲乙有限公司") == fields.core_name("清和市甲乙有限责任公司") == "清和市甲乙"
    )
    assert fields.core_name("公司") == "公司"


def test_what_several_records_know_together() -> None:
    own = {"name": "张三", "phone": "13800000001", "contacts": [{"way": "email", "value": "a@b.cn"}]}
    other = {
        "name": "张叁",
        "phone": "13800000002",
        "address": "甲路",
        "contacts": [{"way": "email", "value": "a@b.cn"}],
    }
    assert fields.combine(own, [other]) == {
        "name": "张三", "phone": "13800000001", "address": "甲路",
        "contacts": [{"way": "email", "value": "a@b.cn"}, {"way": "phone", "value": "13800000002"}],
    }  # fmt: skip
    assert fields.combine(own, []) == own
