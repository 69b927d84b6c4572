"""Loads the fictional city: definitions, units, officers, parties, logins, and a year of cases. Done once; again it finds it there."""

from __future__ import annotations

import datetime as dt
import random
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from django.conf import settings
from django.db import connection
from django.db.models import Count

from qinzheng.access import actions as access
from qinzheng.access.models import Account
from qinzheng.calendars import queries as calendars
from qinzheng.cases import adopting
from qinzheng.cases.about import About
from qinzheng.cases.adopting import History, Taken
from qinzheng.cases.engine import Who
from qinzheng.cases.models import Case, CaseParty
from qinzheng.definitions import shelf
from qinzheng.operations import setting_up
from qinzheng.organizations import actions as organizations
from qinzheng.organizations import queries as organization_queries
from qinzheng.organizations.models import Organization, Person, Post
from qinzheng.parties import bulk, codes
from qinzheng.parties.models import Party
from qinzheng.simulation.qinghe import opinions, people, places, projects
from qinzheng.simulation.qinghe.stories import Step, Story, Teller

FOUNDED = dt.date(2020, 1, 1)
BY = "demo-founder"
SPACE = uuid.UUID("5f0c1d0e-6a8e-5d0a-9b7e-71696e676865")
"""The namespace of the demo's keys: the same seed gives the same cases."""
CASES = 12_000
"""Cases of the year at scale 1; loads in well under half a minute."""
CITIZENS, FIRMS = 3_000, 8_000
CHUNK = 400
DIVISION = "320999"
"""A division code whose county no one has."""
US = 1_000_000


class NotDemo(Exception):
    """The fictional city is loaded into a demonstration only."""


Say = Callable[[str, int, int], None]
"""(what, done, of): progress"""


def load(scale: float, seed: int, say: Say) -> bool:
    """Load what is missing; True where anything was. Raises :class:`NotDemo` outside demonstration mode."""
    if not settings.DEMO:
        raise NotDemo(
            "只有演示模式（QINZHENG_DEMO=1）才能载入虚构城市 / the fictional city is for QINZHENG_DEMO=1 only"
        )
    if Case.objects.filter(pk__startswith="case:").exists() and Account.objects.filter(demo=True).exists():
        return False
    steps: Sequence[tuple[str, Callable[[], None]]] = (
        ("定义 · definitions", setting_up.first_start),
        ("单位与岗位 · units and posts", lambda: _units(seed)),
        ("当事人 · parties", lambda: _parties(seed)),
        ("登录账号 · logins", lambda: _accounts()),
    )
    for n, (name, do) in enumerate(steps):
        say(name, n, len(steps))
        do()
    _history(int(CASES * scale), seed, say)
    _applicants()
    _projects()
    opinions.begin(seed)
    return True


def _projects() -> None:
    """A project on the green channel, and a matter under way."""
    desks = desks_of()
    projects.begin(post_id, lambda key, role: who(key, role, desks))


# -- units and posts ----------------------------------------------------------------------------------


def post_id(key: str, seed: int = 0) -> str:
    """The stable pseudonym of a post of the demo."""
    return f"p-{uuid.uuid5(SPACE, f'post {seed} {key}').hex[:12]}"


def person_id(key: str, seed: int = 0) -> str:
    """The stable id of its holder."""
    return f"h-{uuid.uuid5(SPACE, f'person {seed} {key}').hex[:12]}"


def _units(seed: int) -> None:
    if Organization.objects.exists():
        return
    with organizations.together():
        for unit in places.units(seed):
            organizations.found_organization(
                unit.id, unit.kind, unit.zh, parent=unit.parent or None, begins=FOUNDED, by=BY, name_en=unit.en,
                calendar=unit.calendar, mobile=unit.mobile, x=unit.x, y=unit.y,
            )  # fmt: skip
        seats = list(people.seats(seed))
        for seat in seats:
            id = post_id(seat.key)
            organizations.create_post(
                seat.organization,
                seat.zh,
                seat.roles,
                begins=FOUNDED,
                by=BY,
                name_en=seat.en,
                head=seat.head,
                id=id,
            )
            organizations.register_person(seat.person, by=BY, id=person_id(seat.key))
            organizations.appoint(person_id(seat.key), id, FOUNDED, by=BY)
        for seat in seats:
            if seat.stand_in:
                organizations.set_stand_in(post_id(seat.key), post_id(seat.stand_in), by=BY)


# -- parties ------------------------------------------------------------------------------------------


def _parties(seed: int) -> None:
    if Party.objects.exists():
        return
    chance = random.Random(f"parties {seed}")
    bulk.register_many(
        "citizen", [_citizen(chance, n) for n in range(CITIZENS)], by=BY, organization=places.CITY
    )
    bulk.register_many(
        "enterprise", [_firm(chance, n) for n in range(FIRMS)], by=BY, organization=places.CITY
    )


def _citizen(chance: random.Random, n: int) -> bulk.Row:
    born = dt.date(1950, 1, 1) + dt.timedelta(days=chance.randrange(20_000))
    number = codes.make_identity_number(DIVISION, born, n % 1000)
    return bulk.Row(
        {"name": people.name(chance), "identity_number": number, "phone": f"1{chance.choice('3578')}9{chance.randrange(10**8):08}"},
        town=places.town_id(n % len(places.TOWNS) + 1),
    )  # fmt: skip


TRADES = (
    "机械",
    "纺织",
    "食品",
    "电子",
    "新材料",
    "物流",
    "建设",
    "餐饮",
    "环保",
    "医药",
    "装饰",
    "科技",
    "贸易",
    "服饰",
)


def _firm(chance: random.Random, n: int) -> bulk.Row:
    name = (
        "清和"
        + chance.choice(places.NAMES_A)
        + chance.choice(people.GIVEN)
        + chance.choice(TRADES)
        + f"{n}号有限公司"
    )
    return bulk.Row(
        {"name": name, "enterprise_code": codes.make_enterprise_code(DIVISION, n)},
        town=places.town_id(n % len(places.TOWNS) + 1), credit_class=chance.choices("ABCD", (30, 50, 15, 5))[0],
    )  # fmt: skip


# -- logins -------------------------------------------------------------------------------------------

LOGINS: tuple[tuple[str, str, str, str], ...] = (
    ("supervisor", "supervisor-1", "效能监察", "Supervision"), ("clerk", "window/clerk-1", "综合窗口", "Window clerk"),
    ("handler", "housing/handler-1", "住建局经办", "Housing officer"), ("head", "housing/head", "住建局负责人", "Head of housing"),
    ("market", "market/handler-1", "市场监管局经办", "Market officer"), ("agent", "hotline/agent-1", "12345 话务", "Hotline agent"),
    ("dispatcher", "hotline/dispatcher-1", "12345 派单", "Hotline dispatcher"), ("town", "town-16/handler", "镇街经办", "Town officer"),
    ("village", "village-05-01/clerk", "村便民员", "Village clerk"),
    ("mayor", "mayor", "市长", "Mayor"), ("appraiser", "appraiser", "考核", "Appraiser"), ("auditor", "auditor", "审计", "Auditor"),
)  # fmt: skip
"""(login, key of the post, Chinese, English) of the one-click logins."""


def _accounts() -> None:
    if Account.objects.filter(demo=True).exists():
        return
    for login, key, _, _ in LOGINS:
        person = Person.objects.get(pk=person_id(key))
        access.make_account(f"demo-{login}", "officer", BY, demo=True, person=person)
    for power in ("system", "security", "audit"):
        account = access.make_account(f"demo-{power}", "administrator", BY, demo=True)
        access.grant(account, power, BY)


def _applicants() -> None:
    """The logins of a citizen and of a firm's handler: of those who wait for most, so that there is something to see."""
    if (citizen := _waiting("citizen")) and not Account.objects.filter(login="demo-citizen").exists():
        access.make_account("demo-citizen", "citizen", BY, demo=True, party=citizen)
    if (firm := _waiting("enterprise")) and not Account.objects.filter(login="demo-firm").exists():
        handler = access.make_account("demo-firm", "handler", BY, demo=True)
        access.mandate(handler, firm, FOUNDED, BY)


def _waiting(kind: str) -> str:
    """The party of a kind with most open cases; of those the one whose id comes first."""
    kept = Party.objects.filter(kind=kind, merged_into=None).values("pk")
    found = (
        CaseParty.objects.filter(case__closed_at=None, party__in=kept)
        .values_list("party").annotate(n=Count("case", distinct=True)).order_by("-n", "party").first()
    )  # fmt: skip
    return str(found[0]) if found else ""


# -- a year of cases ----------------------------------------------------------------------------------


def _history(count: int, seed: int, say: Say) -> None:
    library = shelf.library()
    calendar = calendars.calendar(library, "cn")
    parties = list(Party.objects.order_by("kind", "pk").values_list("pk", flat=True))
    desks = desks_of()
    now = int(time.time() * US)
    teller = Teller(calendar, library.all("item"), len(parties), seed)
    done = 0
    stories = teller.stories(count, now - 365 * 86_400 * US, now)
    while chunk := list(islice(stories, CHUNK)):
        histories = [_told(story, parties, desks, seed) for story in chunk]
        result = adopting.adopt(histories, simulated=True)
        if result.rejected:
            raise AssertionError(result.rejected[:3])
        done += len(chunk)
        say("一年的办件 · a year of cases", done, count)
    with connection.cursor() as cursor:
        cursor.execute(ISSUED)
        cursor.execute("ANALYZE")


ISSUED = (
    'UPDATE supervision_card AS c SET issued_at = e.recorded_at FROM ledger_event AS e WHERE e.subject = c."case" '
    "AND e.type = 'supervision.card_issued' AND convert_from(e.body, 'UTF8')::jsonb ->> 'card' = c.id"
)
"""A simulated card was issued when its simulated event was recorded."""


def _told(story: Story, parties: Sequence[str], desks: dict[str, str], seed: int) -> History:
    return History(
        key=uuid.uuid5(SPACE, f"{seed} {story.serial} {story.steps[0].at}"), procedure=story.procedure,
        acts=[_taken(step, story, desks) for step in story.steps],
        about=About(item=story.item, title=story.title_zh, town=story.town, parties=_taking_part(story, parties)),
    )  # fmt: skip


def _taking_part(story: Story, parties: Sequence[str]) -> dict[str, str]:
    """The applicant, and the firm that applies for it, if any: the last of the firms are agents."""
    found = {"applicant": parties[story.party]}
    if story.agent is not None:
        found["agent"] = parties[-1 - story.agent]
    return found


def _taken(step: Step, story: Story, desks: dict[str, str]) -> Taken:
    return Taken(step.act, who(step.seat, step.role, desks), step.at, step.form, None, step.recorded)


def who(seat: str, role: str, desks: dict[str, str]) -> Who:
    """The post behind a key, acting for its unit."""
    if seat == "applicant":
        return Who("", "", role)
    post = post_id(seat)
    return Who(post, desks[post], role)


def desks_of() -> dict[str, str]:
    """Every post with the unit in whose name it acts."""
    posts = dict(Post.objects.values_list("pk", "organization"))
    units = organization_queries.units(set(posts.values()), dt.datetime.now(shelf.ZONE).date())
    return {post: units[organization] for post, organization in posts.items()}


def truth(count: int, seed: int, begin: int, now: int) -> Iterator[tuple[str, list[str]]]:
    """(case id, what was done wrong on purpose): the known truth of a load with these figures."""
    library = shelf.library()
    parties = Party.objects.count()
    teller = Teller(calendars.calendar(library, "cn"), library.all("item"), parties, seed)
    for story in teller.stories(count, begin, now):
        yield adopting.case_id(uuid.uuid5(SPACE, f"{seed} {story.serial} {story.steps[0].at}")), story.truth
