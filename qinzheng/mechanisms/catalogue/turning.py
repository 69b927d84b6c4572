"""One turn in the life of an item, drafted on its page: proposed, admitted, delegated, merged, suspended, abolished.

The turn is a part of the item's next edition, so it takes two persons like every change of a definition.
"""

from __future__ import annotations

import datetime as dt

from qinzheng.cases.item_words import TURNS
from qinzheng.cases.items import Item
from qinzheng.definitions import actions, shelf
from qinzheng.definitions.models import Edition
from qinzheng.mechanisms.catalogue import drafting
from qinzheng.mechanisms.catalogue.drafting import Draft, Unfit

LONGEST_REASON = 200
NEEDS = {"delegated": Unfit(("to",), "请写明下放到哪一级", "say to which level"), "merged": Unfit(("to",), "请写明并入哪个事项", "say into which item")}  # fmt: skip


def propose(
    item: Item,
    turn: str,
    on: dt.date,
    reason: str,
    *,
    reason_en: str = "",
    to: str = "",
    today: dt.date,
    by: str,
) -> tuple[Draft, Edition]:
    """Draft the edition that holds one more turn; in force from the day of the turn, or today where that has passed.

    Raises :class:`~qinzheng.mechanisms.catalogue.drafting.Unfit` naming the field.
    """
    reason, to = reason.strip(), to.strip()
    if turn not in TURNS:
        raise Unfit(("turn",), "没有这一种变动", "there is no such turn")
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise Unfit(
            ("reason",), f"请写明理由，不超过 {LONGEST_REASON} 字", f"say why in {LONGEST_REASON} characters"
        )
    if turn in NEEDS and not to:
        raise NEEDS[turn]
    if Edition.objects.filter(kind=drafting.KIND, definition=item.id, published_at=None).exists():
        raise Unfit(
            ("turn",),
            "这个事项有未发布的草稿，请先发布或撤掉",
            "a draft of this item waits: publish or discard it first",
        )
    library = shelf.library()
    day = max(on, today)
    before = drafting.standing(library, item.id, day) or item
    made: dict[str, object] = {
        "turn": turn,
        "on": on,
        "reason": {"zh": reason, "en": reason_en.strip() or reason},
    }
    if turn in NEEDS:
        made["to"] = to
    changed = drafting.document(before)
    changed["life"] = sorted([*changed.get("life", []), made], key=lambda each: each["on"])
    changed["in_force_from"], changed["checked_on"] = day, today
    draft = drafting.made(changed, library, today)
    if draft is None:
        raise Unfit(("turn",), "这次变动已经载明", "this turn stands there already")
    for path, zh, en in drafting.lacks(draft, drafting.prospect([draft], library)):
        raise Unfit(path[2:] or path, zh, en)
    (edition,) = actions.keep(drafting.editions([draft], by))
    return draft, edition
