"""What changed between two editions of an item, as a reader would say it: 承诺时限由 10 个工作日缩短为 5 个工作日. Pure.

Every key of an item has somebody who says its change; what none of them can put into words is said as changed all the
same, so that two editions that differ never read as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from qinzheng.cases.guide import Before, Life, Special
from qinzheng.cases.item_words import BASIS, LEVELS, SORTS, TURNS
from qinzheng.cases.items import SPECIAL_FIELD, Item, telling
from qinzheng.cases.schema import Procedure
from qinzheng.clocks import explain
from qinzheng.clocks.schema import Clock
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.catalogue import guide_differences
from qinzheng.mechanisms.catalogue.telling import Difference, Named, Way, changed, quoted, said, things

Side = tuple[Item, Procedure | None]
"""An edition with the procedure by which it goes on its first day; None where that is not known."""


@dataclass(frozen=True)
class Pair:
    """The two editions and what ids are called."""

    before: Side
    after: Side
    unit: Named
    item: Named


APART = frozenset({"kind", "id", "guide"})
"""``guide`` is gone through key by key."""


def between(before: Side, after: Side, unit: Named = str, item: Named = str) -> list[Difference]:
    """Every difference, what matters to people first. Empty for editions that say the same.

    ``unit`` and ``item``: what an id is called.
    """
    pair = Pair(before, after, unit, item)
    found: list[Difference] = []
    for key in (*SAYERS, *(name for name in Item.model_fields if name not in SAYERS)):
        old, new = getattr(before[0], key), getattr(after[0], key)
        if key not in APART and old != new:
            told = list(SAYERS[key](pair, old, new)) if key in SAYERS else []
            found += told or [said(key, changed(LABELS[key]))]
    found += guide_differences.between(before[0].guide, after[0].guide, unit)
    return found


# -- the promise --------------------------------------------------------------------------------------


def promised(item: Item, way: Procedure, clock: str) -> int | None:
    """What the item promises of a clock, in the clock's unit; None where nothing is promised or limited."""
    if clock in item.committed:
        return item.committed[clock]
    limits = way.clocks[clock].limits
    most = limits.committed or limits.statutory or limits.own
    return None if most is None else most.amount


def _unit(clock: Clock) -> str:
    return (
        (clock.limits.committed.counting or clock.counting).unit
        if clock.limits.committed
        else clock.counting.unit
    )


def _promises(pair: Pair, old: Mapping[str, int], new: Mapping[str, int]) -> Iterator[Difference]:
    way_before, way_after = pair.before[1], pair.after[1]
    if way_before is None or way_after is None:
        return
    for name in sorted(old.keys() | new.keys()):
        then, now = way_before.clocks.get(name), way_after.clocks.get(name)
        if now is None or then is None:
            continue
        yield from _promise(
            now, promised(pair.before[0], way_before, name), promised(pair.after[0], way_after, name)
        )


def _promise(clock: Clock, old: int | None, new: int | None) -> Iterator[Difference]:
    name, unit = quoted(clock.name), _unit(clock)
    if old == new:
        return
    if old is None or new is None:
        amount = explain.amount(unit, old or new or 0)
        if new is None:
            yield said("committed", Text(zh=f"{name.zh}不再承诺时限（原为{amount.zh}）", en=f"{name.en}: no promise any more (it was {amount.en})"), "harder")  # fmt: skip
        else:
            yield said("committed", Text(zh=f"{name.zh}新承诺时限 {amount.zh}", en=f"{name.en}: now promised within {amount.en}"), "easier")  # fmt: skip
        return
    a, b = explain.amount(unit, old), explain.amount(unit, new)
    zh, en, way = ("缩短", "shortened", "easier") if new < old else ("延长", "lengthened", "harder")
    yield said(
        "committed",
        Text(zh=f"{name.zh}承诺时限由{a.zh}{zh}为{b.zh}", en=f"the promise of {name.en} is {en} from {a.en} to {b.en}"),
        way,  # type: ignore[arg-type]
    )  # fmt: skip


# -- one value in the place of another ----------------------------------------------------------------


def _replaced(
    zh: str, en: str, name: Callable[[Pair, Any], Text], key: str
) -> Callable[[Pair, Any, Any], Iterator[Difference]]:
    def tell(pair: Pair, old: Any, new: Any) -> Iterator[Difference]:
        if old is None or new is None:
            one = name(pair, old if new is None else new)
            verb = ("删去", "removed") if new is None else ("新增", "given")
            yield said(key, Text(zh=f"{verb[0]}{zh}“{one.zh}”", en=f"{en} {verb[1]}: {one.en}"))
            return
        a, b = name(pair, old), name(pair, new)
        yield said(key, Text(zh=f"{zh}由“{a.zh}”改为“{b.zh}”", en=f"{en}: {b.en} in place of {a.en}"))

    return tell


def _flag(
    key: str, on: Text, off: Text, good: bool = True
) -> Callable[[Pair, Any, Any], Iterator[Difference]]:
    def tell(_: Pair, __: bool, new: bool) -> Iterator[Difference]:
        way: Way = "easier" if new == good else "harder"
        yield said(key, on if new else off, way)

    return tell


def _plain(_: Pair, value: Any) -> Text:
    return Text(zh=str(value), en=str(value))


def _of(words: Mapping[str, Text]) -> Callable[[Pair, Any], Text]:
    return lambda _, value: words[value]


def _called(which: Literal["unit", "item"]) -> Callable[[Pair, Any], Text]:
    def name(pair: Pair, id: str) -> Text:
        found = getattr(pair, which)(id)
        return found if isinstance(found, Text) else Text(zh=found, en=found)

    return name


def _way(pair: Pair, id: str) -> Text:
    for item, way in (pair.before, pair.after):
        if way is not None and item.procedure == id:
            return way.name
    return Text(zh=id, en=id)


# -- life, levels, special procedures -----------------------------------------------------------------


def turn_said(turn: Life, item: Named = str) -> Text:
    """One turn in words: 2026-03-01 下放到镇（街道）：理由."""
    what, to = TURNS[turn.turn], Text(zh="", en="")
    if turn.to is not None:
        where = item(turn.to) if turn.turn == "merged" else LEVELS.get(turn.to, turn.to)
        where = where if isinstance(where, Text) else Text(zh=where, en=where)
        joined = ("入", "into") if turn.turn == "merged" else ("到", "to")
        to = Text(zh=f"{joined[0]}{where.zh}", en=f" {joined[1]} {where.en}")
    return Text(
        zh=f"{turn.on} {what.zh}{to.zh}：{turn.reason.zh}", en=f"{turn.on} {what.en}{to.en}: {turn.reason.en}"
    )


def _life(pair: Pair, old: list[Life], new: list[Life]) -> Iterator[Difference]:
    for turn in new:
        if turn not in old:
            one = turn_said(turn, pair.item)
            yield said("life", Text(zh=f"新的变动：{one.zh}", en=f"a new turn: {one.en}"))
    for turn in old:
        if turn not in new:
            one = turn_said(turn, pair.item)
            yield said("life", Text(zh=f"不再载明的变动：{one.zh}", en=f"no longer stated: {one.en}"))


def _decided(pair: Pair, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    unit = _called("unit")
    for level in LEVELS:
        a, b = old.get(level), new.get(level)
        if a == b:
            continue
        name = LEVELS[level]
        if b is None:
            yield said(
                "decided_by",
                Text(zh=f"{name.zh}一级不再决定", en=f"no longer decided at the level of the {name.en}"),
            )
        else:
            who = unit(pair, b)
            yield said(
                "decided_by",
                Text(
                    zh=f"{name.zh}一级由“{who.zh}”决定",
                    en=f"decided at the level of the {name.en} by {who.en}",
                ),
            )


def _special(pair: Pair, old: list[Special] | None, new: list[Special] | None) -> Iterator[Difference]:
    if old is None or new is None:
        words = (
            Text(
                zh="写明了哪些特别程序可以中止期限", en="it now says which special procedures stop the clock"
            )
            if old is None
            else Text(
                zh="不再写明哪些特别程序可以中止期限",
                en="it no longer says which special procedures stop the clock",
            )
        )
        yield said("special", words, "easier" if old is None else "harder")
        return
    then, now = ({each.procedure: each for each in listed} for listed in (old, new))
    for name in [*then, *(name for name in now if name not in then)]:
        if then.get(name) == now.get(name):
            continue
        words = _special_named(pair, name)
        zh, en = words.zh, words.en
        if name not in now:
            yield said(
                "special", Text(zh=f"“{zh}”不再中止期限", en=f"{en} no longer stops the clock"), "easier"
            )
        elif name not in then:
            yield said("special", Text(zh=f"“{zh}”可以中止期限", en=f"{en} may stop the clock"), "harder")
        else:
            a, b = then[name].most_days, now[name].most_days
            yield said("special", Text(zh=f"“{zh}”中止期限的上限由{_days(a)[0]}改为{_days(b)[0]}", en=f"{en} stops the clock for {_days(b)[1]} at most, in place of {_days(a)[1]}"))  # fmt: skip


def _special_named(pair: Pair, name: str) -> Text:
    """What the procedure of either edition calls a special procedure."""
    for _, way in (pair.after, pair.before):
        for act in telling(way) if way is not None else ():
            found = way.acts[act].form[SPECIAL_FIELD].choices.get(name) if way is not None else None
            if found is not None:
                return found
    return Text(zh=name, en=name)


def _days(days: int | None) -> tuple[str, str]:
    if days is None:
        return "不限", "no stated time"
    amount = explain.amount("working_days", days)
    return amount.zh, amount.en


BEFORE = {
    "days": Text(zh="时限（日）", en="days"), "steps": Text(zh="环节", en="steps"), "materials": Text(zh="材料", en="papers"),
    "trips": Text(zh="跑动次数", en="trips"), "doors": Text(zh="进门数", en="doors"), "persons": Text(zh="找人数", en="persons"),
}  # fmt: skip
"""The figures of an item before it was made easier."""


def _before(_: Pair, old: Before | None, new: Before | None) -> Iterator[Difference]:
    for key, name in BEFORE.items():
        a, b = (None if each is None else getattr(each, key) for each in (old, new))
        if a != b:
            shown = [("未载明", "not stated") if each is None else (str(each), str(each)) for each in (a, b)]
            yield said("before", Text(zh=f"改革前的{name.zh}由{shown[0][0]}改记为{shown[1][0]}", en=f"{name.en} before the reform: {shown[1][1]} in place of {shown[0][1]}"))  # fmt: skip


def _businesses(_: Pair, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    yield from things("businesses", Text(zh="业务办理项", en="business handling item"),
                      [Text(zh=f"{name}（{code}）", en=f"{name} ({code})") for code, name in old.items()],
                      [Text(zh=f"{name}（{code}）", en=f"{name} ({code})") for code, name in new.items()])  # fmt: skip


def _sources(_: Pair, old: list[str], new: list[str]) -> Iterator[Difference]:
    yield from things(
        "source",
        Text(zh="依据", en="ground"),
        [_plain(_, each) for each in old],
        [_plain(_, each) for each in new],
    )


SAYERS: dict[str, Callable[[Pair, Any, Any], Iterator[Difference]]] = {
    "name": _replaced("名称", "name", lambda _, text: text, "name"),
    "committed": _promises,
    "at_once": _flag("at_once", Text(zh="改为即办：当场办结", en="now done on the spot"), Text(zh="不再即办", en="no longer done on the spot")),
    "at_window": _flag("at_window", Text(zh="授权窗口当场决定", en="now decided at the window"), Text(zh="不再由窗口决定", en="no longer decided at the window")),
    "in_centre": _flag("in_centre", Text(zh="进驻政务服务中心", en="now accepted at the service centre"), Text(zh="退出政务服务中心", en="no longer accepted at the service centre")),
    "towns": _flag("towns", Text(zh="镇街便民服务中心也可受理", en="now taken at the towns' service centres too"), Text(zh="镇街便民服务中心不再受理", en="no longer taken at the towns' service centres")),
    "fast_track": _flag("fast_track", Text(zh="信用A级企业可快办", en="firms of credit class A go by a fast track now"), Text(zh="不再有信用快办", en="no fast track any more")),
    "organization": _replaced("决定单位", "deciding unit", _called("unit"), "organization"),
    "level": _replaced("行使层级", "level", _of(LEVELS), "level"),
    "decided_by": _decided,
    "life": _life,
    "procedure": _replaced("办理程序", "procedure", _way, "procedure"),
    "special": _special,
    "sort": _replaced("类型", "kind", _of(SORTS), "sort"),
    "code": _replaced("实施编码", "code", _plain, "code"),
    "businesses": _businesses,
    "inherits": _replaced("上级事项", "item of the level above", _called("item"), "inherits"),
    "before": _before,
    "source": _sources,
    "basis": _replaced("依据的性质", "what it rests on", _of(BASIS), "basis"),
    "in_force_from": _replaced("施行日", "in force from", _plain, "in_force_from"),
    "in_force_to": _replaced("失效日", "in force until", _plain, "in_force_to"),
    "checked_on": _replaced("核对日", "compared with the text on", _plain, "checked_on"),
}  # fmt: skip
LABELS = {
    "name": Text(zh="名称", en="name"), "committed": Text(zh="承诺时限", en="promise"), "at_once": Text(zh="即办", en="done on the spot"),
    "at_window": Text(zh="授权窗口", en="decided at the window"), "in_centre": Text(zh="进驻", en="accepted at the centre"),
    "towns": Text(zh="镇街受理", en="taken at towns"), "fast_track": Text(zh="信用快办", en="fast track"),
    "organization": Text(zh="决定单位", en="deciding unit"), "level": Text(zh="行使层级", en="level"),
    "decided_by": Text(zh="各级决定单位", en="who decides at which level"), "life": Text(zh="变动", en="life"),
    "procedure": Text(zh="办理程序", en="procedure"), "special": Text(zh="特别程序", en="special procedures"), "sort": Text(zh="类型", en="kind"),
    "code": Text(zh="实施编码", en="code"), "businesses": Text(zh="业务办理项", en="business handling items"),
    "inherits": Text(zh="上级事项", en="item of the level above"), "before": Text(zh="改革前的数字", en="figures before the reform"),
    "source": Text(zh="依据", en="grounds"), "basis": Text(zh="依据的性质", en="what it rests on"), "note": Text(zh="说明", en="note"),
    "in_force_from": Text(zh="施行日", en="first day"), "in_force_to": Text(zh="失效日", en="last day"),
    "checked_on": Text(zh="核对日", en="day of comparison"),
}  # fmt: skip
"""What each key of an item is called where nothing better can be said of its change."""
