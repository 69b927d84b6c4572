"""What a case's item adds to its procedure: fields of the opening, who decides, and what may stop the clock.

An item in short form adds nothing. What counts is the edition in force on the day on which the case was opened,
whatever was published since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from qinzheng.cases.acts import Act as Done
from qinzheng.cases.engine import NotAllowed, Who
from qinzheng.cases.items import SPECIAL_FIELD, Item, telling
from qinzheng.cases.moves import DAYS
from qinzheng.cases.schema import Act, Procedure
from qinzheng.definitions import citing, shelf
from qinzheng.definitions.form import Text

TURNS = {
    "proposed": Text(zh="尚未准予进驻", en="only proposed so far"),
    "suspended": Text(zh="已暂停办理", en="suspended"),
    "merged": Text(zh="已合并", en="merged"),
    "abolished": Text(zh="已取消", en="abolished"),
}
WINDOW = "clerk"
"""The role of those who sit at a window."""
ALLOWED_BY_LAW = "行政许可法/45"
"""Only what the item's own law asks for stops the clock."""


def on(id: str, day: dt.date) -> Item | None:
    """The item's edition in force on the day; for an earlier day the first there is. None where there is no such item."""
    if not id:
        return None
    library = shelf.library()
    try:
        found: Item = library.in_force("item", id, day)
    except KeyError:
        editions = [each for each in library.all("item") if each.id == id]
        return editions[0] if editions else None
    return found


def apply(procedure: Procedure, item: Item | None) -> Procedure:
    """The procedure with what the item asks as part of its opening acts' forms."""
    if item is None or not item.guide.form:
        return procedure
    acts = {
        name: act.model_copy(update={"form": {**act.form, **item.guide.form}}) if act.opens else act
        for name, act in procedure.acts.items()
    }
    return procedure.model_copy(update={"acts": acts})


# -- whether it can be asked for, and who decides ------------------------------------------------------


def check_alive(item: Item, day: dt.date) -> None:
    """Raise :class:`NotAllowed` where the item cannot be asked for on that day: why, and what goes on in its place."""
    if item.alive(day):
        return
    past = [turn for turn in item.life if turn.on <= day]
    if not past:
        first = item.life[0].on
        raise NotAllowed(
            f"事项“{item.name.zh}”自 {first} 起才可申请",
            f"{item.name.en} can be asked for from {first} only",
            "item",
        )
    last = past[-1]
    turn = TURNS[last.turn]
    zh = f"事项“{item.name.zh}”自 {last.on} 起{turn.zh}：{last.reason.zh}"
    en = f"{item.name.en} is {turn.en} since {last.on}: {last.reason.en}"
    if last.turn == "merged" and last.to is not None and (successor := on(last.to, day)) is not None:
        zh += f"；请申请“{successor.name.zh}”（{last.to}）"
        en += f"; apply for {successor.name.en} ({last.to})"
    raise NotAllowed(zh, en, "item")


def unit(item: Item, day: dt.date, town: str) -> str:
    """The unit that decides on that day: of the level to which the item was delegated last, else its own level.

    Where towns decide and none is named, it is the town in which the thing happens.
    """
    level = item.level
    for turn in item.life:
        if turn.on <= day and turn.turn in ("delegated", "taken_back"):
            level = turn.to if turn.turn == "delegated" and turn.to is not None else item.level  # type: ignore[assignment]
    if level in item.decided_by:
        return item.decided_by[level]
    return town if level == "town" and town else item.organization


# -- what may stop the clock ---------------------------------------------------------------------------


def check_special(
    procedure: Procedure, item: Item | None, name: str, form: Mapping[str, Any], before: Iterable[Done]
) -> None:
    """Raise :class:`NotAllowed` where the act stops the clock by what the item's own law does not ask for (许可法 45).

    ``before``: the acts of the case; the times told for one special procedure are counted together, so that a cap is
    not passed in slices. An item that does not say is not examined.
    """
    if item is None or item.special is None or name not in telling(procedure):
        return
    wanted = form.get(SPECIAL_FIELD)
    allowed = {each.procedure: each for each in item.special}
    if wanted not in allowed:
        raise _not_by_law(procedure.acts[name], item)
    most = allowed[str(wanted)].most_days
    days = form.get(DAYS)
    if most is None or not isinstance(days, int) or isinstance(days, bool):
        return  # the form says what is wrong with the days
    told = sum(
        each.form.get(DAYS) or 0
        for each in before
        if each.name in telling(procedure) and each.form.get(SPECIAL_FIELD) == wanted
    )
    if told + days > most:
        choice = procedure.acts[name].form[SPECIAL_FIELD].choices[str(wanted)]
        law = citing.all_said(allowed[str(wanted)].source)
        raise NotAllowed(
            f"依{law.zh}，“{choice.zh}”合计不超过 {most} 个工作日；已告知 {told} 个，最多可再告知 {most - told} 个",
            f"by {law.en}, {choice.en} takes {most} working days at most in all; {told} told, {most - told} left",
            DAYS,
        )


def _not_by_law(act: Act, item: Item) -> NotAllowed:
    law = citing.said(ALLOWED_BY_LAW)
    choices = act.form[SPECIAL_FIELD].choices
    if not item.special:
        return NotAllowed(
            f"事项“{item.name.zh}”的法律没有规定可以中止期限的特别程序（{law.zh}）：时限照走",
            f"the law of {item.name.en} asks for no special procedure that stops the clock ({law.en}): the clock runs on",
            SPECIAL_FIELD,
        )
    zh, en = [], []
    for each in item.special:
        name, cited = choices[each.procedure], citing.all_said(each.source)
        zh.append(f"{name.zh}（{cited.zh}）")
        en.append(f"{name.en} ({cited.en})")
    return NotAllowed(
        f"事项“{item.name.zh}”只有依法所需的程序才可中止期限（{law.zh}），可用：{'、'.join(zh)}",
        f"only what the law of {item.name.en} asks for stops the clock ({law.en}): {', '.join(en)}",
        SPECIAL_FIELD,
    )


def check_only(act: Act, item: Item | None, who: Who) -> None:
    """Raise :class:`NotAllowed` where the act is for items done on the spot and this one is not, or not at the window."""
    if act.only is None:
        return
    if item is None or not item.at_once:
        raise NotAllowed(
            f"“{act.name.zh}”只用于即办事项", f"{act.name.en} is for items that are done on the spot only"
        )
    if who.role == WINDOW and not item.at_window:
        raise NotAllowed(
            f"事项“{item.name.zh}”没有授权窗口决定，请由承办人办理",
            f"{item.name.en} is not decided at the window: its unit does it",
        )


def narrowed(procedure: Procedure, item: Item | None, name: str, act: Act, who: Who) -> Act | None:
    """The act as a form shows it to somebody; None where the case's item leaves nothing of it.

    Of special procedures only those are shown that the item's law asks for.
    """
    try:
        check_only(act, item, who)
    except NotAllowed:
        return None
    if item is None or item.special is None or name not in telling(procedure):
        return act
    field = act.form[SPECIAL_FIELD]
    allowed = {each.procedure for each in item.special}
    if not allowed:
        return None
    choices = {key: words for key, words in field.choices.items() if key in allowed}
    form = {**act.form, SPECIAL_FIELD: field.model_copy(update={"choices": choices})}
    return act.model_copy(update={"form": form})
