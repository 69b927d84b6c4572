"""A few cases of a village, so that the demonstration shows them: errands, promises, across regions, what could not be done.

All of it happens now, through the real acts, once, when the city is loaded.
"""

from __future__ import annotations

import datetime as dt

from qinzheng.cases import actions as cases
from qinzheng.cases.about import About
from qinzheng.cases.engine import Who
from qinzheng.cases.items import Item
from qinzheng.cases.models import Case
from qinzheng.definitions import shelf
from qinzheng.mechanisms.errands import taking
from qinzheng.mechanisms.points import receiving
from qinzheng.simulation.qinghe import places
from qinzheng.simulation.qinghe.living import City
from qinzheng.simulation.qinghe.load import who

VILLAGE = "village-05-01"
CLERK = f"{VILLAGE}/clerk"
CONSENT = {"how": "proxy", "consent": "signed", "consent_proof": "WT-2026-演示", "collects": True}
PROMISING = "health.hygiene-permit-of-a-public-place"
ELSEWHERE = {"to_place": "江南省临水市", "to_organ": "临水市公安局", "service": "户口迁移证明", "copies": 3}
ARRIVED = {"from_place": "江北省望城县", "from_organ": "望城县政务服务中心", "service": "社会保险参保证明", "their_number": "WC-77"}  # fmt: skip


def help_out(seed: int) -> None:
    """Do a few of each."""
    city = City(seed)
    village = who(CLERK, "clerk", city.desks)
    items: list[Item] = [
        each for each in city.services if "on_behalf" in each.guide.channels and each.alive(_today())
    ]
    for n, item in enumerate(items[:4]):
        _errand(city, village, item, ended=n < 2, handed=n == 0)
    _undone(city)
    _crossing(city)
    _promise(city)
    item = next(each for each in city.services if not each.guide.form and each.alive(_today()))
    an_hour_ago = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    clerk = who(city.clerk(), "clerk", city.desks)
    receiving.taken(
        "point-self-service", an_hour_ago, clerk,
        lambda at: cases.open_case(item.procedure, "receive", clerk, {}, about=city.about(item), occurred_at=at),
    )  # fmt: skip


def _today() -> dt.date:
    return dt.datetime.now(shelf.ZONE).date()


def _opened(city: City, item: Item, clerk: Who, promised: tuple[str, ...] = ()) -> Case:
    form = {name: city.filled(field) for name, field in item.guide.form.items() if field.required}
    told = city.about(item)
    about = About(told.item, "", told.town, told.parties, promised=promised)
    return Case.objects.get(pk=cases.open_case(item.procedure, "receive", clerk, form, about=about).case)


def _handler(city: City, item: Item, role: str = "handler") -> Who:
    return who(f"{item.organization}/{'deputy' if role == 'approver' else 'handler-1'}", role, city.desks)


def _errand(city: City, village: Who, item: Item, *, ended: bool, handed: bool) -> None:
    case = _opened(city, item, village)
    errand = taking.take(case, item.name.zh, village, CONSENT)
    if ended:
        cases.perform(case.pk, "accept", _handler(city, item), {})
        cases.perform(case.pk, "finish", _handler(city, item), {})
    if handed:
        form = {"method": "home", "proof": f"JH-{errand.number}", "served_on": _today().isoformat()}
        cases.perform(errand.case, "hand_back", village, form)


def _undone(city: City) -> None:
    for n, (title, cause) in enumerate((("门面转让后换证", "cause_pushed"), ("补缴医保", "cause_system"))):
        clerk = who(city.clerk(), "clerk", city.desks)
        about = About(
            "administrative-approval.what-could-not-be-done", title, places.town_id(n + 1), city.about().parties
        )  # fmt: skip
        form = {"what": "跑了两趟，两个单位都说归对方管", "trips": 2}
        done = cases.open_case("services.undone", "register", clerk, form, about=about)
        if n:
            cases.perform(done.case, cause, clerk, {"unit": "medical-insurance"})


def _crossing(city: City) -> None:
    clerk = who(city.clerk(), "clerk", city.desks)
    about = About("administrative-approval.intake-across-provinces", "", "", city.about().parties)
    done = cases.open_case("services.crossing-out", "receive", clerk, ELSEWHERE, about=about)
    cases.perform(done.case, "send", clerk, {"packet": "KY-0001"})
    cases.open_case("services.crossing-in", "arrive", clerk, ARRIVED, about=About(title="外地代收的参保证明"))


def _promise(city: City) -> None:
    item = next((each for each in city.licences if each.id == PROMISING), None)
    if item is None:
        return
    case = _opened(city, item, who(city.clerk(), "clerk", city.desks), ("report",))
    cases.perform(case.pk, "accept", _handler(city, item), {})
    cases.perform(case.pk, "grant", _handler(city, item, "approver"), {})
    form = {"method": "direct", "proof": "SD-演示", "served_on": _today().isoformat()}
    cases.perform(case.pk, "issue", who(city.clerk(), "clerk", city.desks), form)
