"""The worker's duty: answers taken, the ledger followed, packets built and sent, for every report whose place is named."""

from __future__ import annotations

from qinzheng.exchange.upward import building, deployment, sending

SENT_AT_ONCE = 20
"""Packets sent before the duty says that it lives."""


def once() -> int:
    """One round; how much it moved. Without ``QINZHENG_UPWARD_<ID>`` nothing is built and nothing is sent."""
    moved = 0
    for upward in deployment.reports():
        place = deployment.place(upward.id)
        if not place:
            continue
        moved += sending.collect_answers(upward, place)
        moved += building.follow(upward)
        moved += len(building.build(upward))
        for _ in range(SENT_AT_ONCE):
            packet = sending.send(upward, place)
            if packet is None or packet.error:  # who does not answer is not asked twenty times in a row
                break
            moved += 1
    return moved
