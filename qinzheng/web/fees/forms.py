"""The forms of fees: a fee of the list, its units; a waiver; a refund. Amounts are typed in yuan and kept in fen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django import forms
from django.http import QueryDict

from qinzheng.cases.guide import Fee, Question
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.fees.queries import Line
from qinzheng.mechanisms.fees.reckoning import MOST_UNITS, yuan
from qinzheng.mechanisms.fees.schema import Ground
from qinzheng.web.cases.forms import CHOOSE
from qinzheng.web.language import Language, pick

FEE = Text(zh="收费项目（只有清单上的）", en="Fee (only those on the list)")
UNITS = Text(zh="数量", en="Units")
UNITS_HELP = Text(zh="按件收的填 1", en="1 where it is charged once")
YUAN = Text(zh="金额（元）", en="Amount (yuan)")
GROUND = Text(zh="理由", en="Ground")
BOOKING = Text(zh="退哪一笔", en="Which booking")
LARGEST = Decimal("10000000")


class MoneyForm(forms.Form):
    """What all three share: what they do, and a key that makes a double click one entry."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    do = forms.CharField(widget=forms.HiddenInput, max_length=10)

    def __init__(self, do: str, data: QueryDict | None) -> None:
        super().__init__(data, auto_id=f"{do}-%s", initial={"do": do})

    def money(self, spoken: Language) -> None:
        """An amount in yuan, two places."""
        self.fields["yuan"] = forms.DecimalField(
            label=pick(YUAN, spoken), min_value=Decimal("0.01"), max_value=LARGEST, decimal_places=2
        )

    def choice(self, name: str, label: Text, choices: Sequence[tuple[str, str]], spoken: Language) -> None:
        """One of a list."""
        self.fields[name] = forms.ChoiceField(
            label=pick(label, spoken), choices=[("", pick(CHOOSE, spoken)), *choices]
        )

    @property
    def fen(self) -> int:
        """The amount in fen, exactly."""
        return int(self.cleaned_data["yuan"] * 100)

    def blame(self, field: str, zh: str, en: str, spoken: Language) -> None:
        """What the domain refused, at its field or at the top."""
        named = "yuan" if field == "fen" else field
        self.add_error(named if named in self.fields else None, zh if spoken == "zh" else en)


Questions = Mapping[str, Question]


def booking(
    fees: Sequence[Fee], questions: Questions, spoken: Language, data: QueryDict | None = None
) -> MoneyForm:
    """Take a fee of the list; the amount follows from it."""
    form = MoneyForm("book", data)
    form.choice("fee", FEE, _listed(fees, questions, spoken), spoken)
    form.fields["units"] = forms.IntegerField(
        label=pick(UNITS, spoken),
        help_text=pick(UNITS_HELP, spoken),
        min_value=1,
        max_value=MOST_UNITS,
        initial=1,
    )
    return form


def waiver(
    fees: Sequence[Fee], questions: Questions, grounds: Mapping[str, Ground], spoken: Language, data: QueryDict | None = None
) -> MoneyForm:  # fmt: skip
    """Waive a part, or the whole, before it is taken."""
    form = MoneyForm("waive", data)
    form.choice("fee", FEE, _listed(fees, questions, spoken), spoken)
    form.money(spoken)
    form.choice("ground", GROUND, [(key, pick(each.name, spoken)) for key, each in grounds.items()], spoken)
    return form


def refund(
    lines: Sequence[Line], grounds: Mapping[str, Ground], spoken: Language, data: QueryDict | None = None
) -> MoneyForm:
    """Give back of a booking."""
    form = MoneyForm("refund", data)
    booked = [
        (line.entry.id, f"{line.serial:02} {line.name} {yuan(line.entry.fen)}")
        for line in lines
        if line.entry.kind == "booked"
    ]
    form.choice("of", BOOKING, booked, spoken)
    form.money(spoken)
    form.choice("ground", GROUND, [(key, pick(each.name, spoken)) for key, each in grounds.items()], spoken)
    return form


def situation(fee: Fee, questions: Questions) -> Text | None:
    """In which situation a fee is charged: each question with the answers that call for it; None where in every one."""
    parts = [
        (questions[key].name, [questions[key].answers[each] for each in answers])
        for key, answers in fee.when.items()
    ]
    if not parts:
        return None
    return Text(
        zh="；".join(f"{name.zh}：{' 或 '.join(each.zh for each in said)}" for name, said in parts),
        en="; ".join(f"{name.en}: {' or '.join(each.en for each in said)}" for name, said in parts),
    )


def _listed(fees: Sequence[Fee], questions: Questions, spoken: Language) -> list[tuple[str, str]]:
    """The choices, each with its situation: its place in the list, from 1, and what is said."""
    return [(str(n), _said(fee, questions, spoken)) for n, fee in enumerate(fees, start=1)]


def _said(fee: Fee, questions: Questions, spoken: Language) -> str:
    per = f" / {pick(fee.per, spoken)}" if fee.per else ""
    when = situation(fee, questions)
    return f"{pick(fee.name, spoken)} {yuan(fee.fen)}{per}" + (f" ({pick(when, spoken)})" if when else "")
