"""What was taken, waived and given back, where a receipt shows how a case stands."""

from __future__ import annotations

from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.fees import queries
from qinzheng.mechanisms.fees.reckoning import yuan

KINDS = {
    "booked": Text(zh="已收", en="taken"), "waived": Text(zh="免收", en="waived"), "refunded": Text(zh="已退", en="given back"),
}  # fmt: skip


def entries(case: Case) -> list[tuple[str, Text, str, int]]:
    """For the holder of a receipt: what it was for, taken or waived or given back, yuan, and when; none of a sealed case."""
    if case.concerns.exists():
        return []
    return [
        (line.name, KINDS[line.entry.kind], yuan(line.entry.fen), line.at) for line in queries.account(case).lines
    ]  # fmt: skip
