"""Papers that were put into a box, a cabinet or a machine, or taken at a mobile point: the point, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.http import QueryDict

from qinzheng.access.users import User
from qinzheng.cases.acts import Done
from qinzheng.cases.engine import Who
from qinzheng.definitions.form import Text
from qinzheng.definitions.shelf import ZONE
from qinzheng.mechanisms.points import receiving
from qinzheng.organizations import queries as organizations
from qinzheng.web.language import Language, pick

POINT = Text(zh="服务点", en="Service point")
AT = Text(zh="放入时间", en="When they were put in")
AT_HELP = Text(
    zh="收件时刻由服务点的开放时间决定：开放时放入，就是那一刻；没开放时放入，是它下一次开放的时刻",
    en="The point's hours decide when it counts as received: at once while open, else when it next opens",
)
BOTH = Text(zh="服务点和放入时间要一起填", en="Give both the point and the time")


class PutInForm(forms.Form):
    """Both fields or none."""

    def __init__(self, points: list[tuple[str, str]], spoken: Language, data: QueryDict | None) -> None:
        super().__init__(data, auto_id="put-%s")
        self.spoken = spoken
        self.fields["point"] = forms.ChoiceField(
            label=pick(POINT, spoken), choices=[("", "—"), *points], required=False
        )
        self.fields["put_in"] = forms.DateTimeField(
            label=pick(AT, spoken), help_text=pick(AT_HELP, spoken), required=False, input_formats=["%Y-%m-%dT%H:%M"],
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """One without the other says nothing."""
        clean = self.cleaned_data
        if bool(clean.get("point")) != bool(clean.get("put_in")) and not self.errors:
            self.add_error("put_in" if clean.get("point") else "point", pick(BOTH, self.spoken))
        return clean

    def taken(self, who: Who, open_: Callable[[int | None], Done]) -> Done:
        """Open the case: received by the point's hours where papers were put in, else now. Raises what ``open_`` raises."""
        if not self.cleaned_data.get("point"):
            return open_(None)
        at: dt.datetime = self.cleaned_data["put_in"]
        return receiving.taken(self.cleaned_data["point"], at.replace(tzinfo=ZONE), who, open_)

    def blame(self, field: str, zh: str, en: str) -> None:
        """What was refused, at its field."""
        self.add_error(field, zh if self.spoken == "zh" else en)


def form_of(who: User, spoken: Language, data: QueryDict | None) -> PutInForm | None:
    """The form for whoever sits at a window, with the points of its own unit and below, and of a department or town above."""
    if "clerk" not in who.roles:
        return None
    today = dt.datetime.now(ZONE).date()
    city = {unit.pk for unit in organizations.of_kind("city", today)}
    near = who.desk | organizations.within(set(organizations.parents(who.own, today).values()) - city, today)
    rows = organizations.organizations(near)
    points = [
        (row.pk, pick(organizations.text(row), spoken)) for row in rows.values() if row.kind in ("service_point", "village")
    ]  # fmt: skip
    return PutInForm(sorted(points), spoken, data) if points else None
