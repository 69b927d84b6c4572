"""What the law asks of an act that moves a clock: a told time for a pause, the right approver for an extension.

Pure. The kernel would ignore an unlawful move; here the person who tries it is told why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qinzheng.cases.engine import NotAllowed, Situation, Who
from qinzheng.cases.schema import Procedure

DAYS, AMOUNT, REASON = "days", "amount", "reason"
"""The form fields that hold the time told in a notice, the units granted, and the reason told."""


def check(procedure: Procedure, here: Situation, name: str, who: Who, form: Mapping[str, Any]) -> None:
    """Raise :class:`NotAllowed` where the act would pause or extend a clock unlawfully."""
    for clock in procedure.clocks.values():
        for pause in clock.pauses:
            if pause.by == name and pause.cap == "told" and not form.get(DAYS):
                raise NotAllowed(
                    "中止须以书面告知所需时间，请填写天数；没有告知，时限照走",
                    "a pause needs a written notice of the time needed: fill in the days, or the clock runs on",
                    DAYS,
                )
        for extension in clock.extends:
            if extension.by != name:
                continue
            if who.role != extension.approver:
                raise NotAllowed(
                    f"延长须由 {extension.approver} 批准", f"an extension is approved by {extension.approver}"
                )
            amount = form.get(AMOUNT)
            if not isinstance(amount, int) or not 1 <= amount <= extension.at_most:
                raise NotAllowed(
                    f"最多延长 {extension.at_most}", f"extended by {extension.at_most} at most", AMOUNT
                )
            if extension.reason_told and not form.get(REASON):
                raise NotAllowed(
                    "延长须将理由告知当事人，请填写理由",
                    "the reason of an extension is told: fill it in",
                    REASON,
                )
            if here.done.get(name, 0) >= extension.times:
                raise NotAllowed(
                    f"已延长过 {extension.times} 次，不得再延长",
                    f"extended {extension.times} time(s) already: no more",
                )
