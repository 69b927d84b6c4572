"""Cases handled elsewhere are taken as they were; a pause that the item's own law does not ask for shows as a pattern, not as a refusal."""

import datetime as dt
import uuid

import pytest

from qinzheng.cases import adopting
from qinzheng.cases.about import About
from qinzheng.cases.adopting import History, Taken
from qinzheng.cases.engine import Who
from qinzheng.definitions import shelf
from qinzheng.measures.period import Period
from qinzheng.supervision.patterns import looking
from tests.flows.licences import LICENCE, at
from tests.flows.test_itemized import FOOD, stands

pytestmark = pytest.mark.django_db(transaction=True)
CLERK, HANDLER = Who("k", "market", "clerk"), Who("h", "market", "handler")
SPRING = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31))


def an_item(*special):
    """The food licence as if its law named these special procedures."""
    stands(special=list(special))
    return shelf.library().in_force("item", FOOD, SPRING.last)


TESTING = {"procedure": "testing", "most_days": 3, "source": ["行政许可法/45"]}


def adopted(item, *pauses, concerns=()):
    """A case from elsewhere in which the clock was stopped: (procedure named, days) each."""
    acts = [Taken("receive", CLERK, at("2026-03-02 09:00")), Taken("accept", CLERK, at("2026-03-02 10:00"))]
    for n, (named, days) in enumerate(pauses):
        form = {"days": days, **({"procedure": named} if named else {})}
        acts.append(Taken("notify_special", HANDLER, at(f"2026-03-{3 + 3 * n:02} 09:00"), form))
        acts.append(Taken("special_done", HANDLER, at(f"2026-03-{4 + 3 * n:02} 09:00"), {}))
    about = About(item=item.id, concerns=concerns)
    result = adopting.adopt([History(uuid.uuid4(), LICENCE, acts, about)])
    assert result.rejected == []
    return result.taken[0]


def found():
    pattern = next(p for p in looking.patterns(SPRING.last) if p.id == "conduct.stopped-beside-the-law")
    looked = looking.look(pattern, SPRING)
    return looked.examined, {
        case for each in looked.found if isinstance(each, looking.Beyond) for case in each.cases
    }


def test_a_pause_that_the_law_does_not_ask_for_is_taken_over_and_shows(clock):
    clock.on("2026-04-01 09:00")
    item = an_item(TESTING)
    adopted(item, ("testing", 1))
    adopted(item, (None, 2))  # names nothing: it accuses nobody
    beside = {adopted(item, ("hearing", 2)), adopted(item, ("testing", 1), ("hearing", 1))}
    adopted(item, ("hearing", 2), concerns=("water",))  # sealed: in no comparison
    assert found() == (4, beside)


def test_too_long_in_all_is_beside_the_law_too(clock):
    clock.on("2026-04-01 09:00")
    item = an_item(TESTING)
    adopted(item, ("testing", 3))
    long = adopted(item, ("testing", 3), ("testing", 1))
    assert found() == (2, {long})


def test_where_the_law_allows_none_every_pause_is_beside_it(clock):
    clock.on("2026-04-01 09:00")
    item = an_item()
    adopted(item)
    beside = {adopted(item, ("hearing", 2)), adopted(item, (None, 2))}
    assert found() == (2, beside)
    pattern = next(p for p in looking.patterns(SPRING.last) if p.id == "conduct.stopped-beside-the-law")
    assert looking.look(pattern, Period(dt.date(2026, 4, 1), dt.date(2026, 4, 30))).examined == 0
