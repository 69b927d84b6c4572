"""A year of cases of the fictional city, as stories: who did what when, and what each unit did wrong. Pure.

Each unit has a character: quick, ordinary, slow, or one that cheats in its own way. What it does wrong is written
down as the truth when it is done, from the unit's intention alone; no rule or condition of the supervision is asked.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from qinzheng.calendars.calendar import Calendar
from qinzheng.cases.items import Item
from qinzheng.simulation.qinghe import places

HOUR = 3_600_000_000
DAY = 8 * HOUR
"""A working day of the shipped calendar."""
MINUTE = 60_000_000

WISHES: tuple[tuple[str, str, str], ...] = (
    ("路灯不亮", "street lamp out", "urban-management"), ("占道经营", "stalls blocking the pavement", "urban-management"),
    ("垃圾未及时清运", "rubbish not collected", "urban-management"), ("夜间施工噪声", "night construction noise", "environment"),
    ("河道异味", "smelling canal", "environment"), ("餐饮油烟扰民", "cooking fumes", "environment"),
    ("小区电梯故障", "broken lift", "market"), ("预付卡退费难", "refund of a prepaid card", "market"),
    ("食品有异物", "foreign body in food", "market"), ("公交车久候不至", "bus does not come", "transport"),
    ("道路坑洼", "holes in the road", "transport"), ("欠薪", "unpaid wages", "human-resources"),
    ("社保断缴咨询", "gap in social insurance", "human-resources"), ("学区划分咨询", "school district", "education"),
    ("校门口拥堵", "jam at the school gate", "police"), ("停水", "no water", "water"), ("井盖缺失", "missing manhole cover", "water"),
    ("物业收费争议", "property management fee", "housing"), ("房屋渗漏", "leaking flat", "housing"), ("违章搭建", "illegal extension", "urban-management"),
    ("医保报销咨询", "medical insurance refund", "medical-insurance"), ("低保申请进度", "progress of a living allowance", "civil-affairs"),
    ("行道树遮挡", "tree blocks the light", "forestry"), ("燃气报修", "gas repair", "housing"), ("噪声扰民（广场舞）", "square dancing", "police"),
    ("宅基地纠纷", "homestead quarrel", "agriculture"), ("秸秆焚烧", "straw burning", "agriculture"), ("消防通道被占", "fire lane blocked", "fire"),
)  # fmt: skip


@dataclass(frozen=True)
class Character:
    """How a unit works: the share of its promise that it usually takes, how often it is late, and its way to cheat."""

    pace: float
    late: float
    cheat: str = ""
    often: float = 0.0


@dataclass(frozen=True)
class Step:
    """One act: when it is said to have happened, when it was entered, and by which post (``applicant``: nobody's)."""

    act: str
    at: int
    recorded: int
    seat: str
    role: str
    form: dict[str, Any] = field(default_factory=dict)


@dataclass
class Story:
    """One case: ``party`` is the number of its applicant, ``truth`` what was done wrong on purpose."""

    serial: int
    procedure: str
    item: str
    committed: dict[str, int]
    title_zh: str
    party: int
    town: str
    steps: list[Step] = field(default_factory=list)
    truth: list[str] = field(default_factory=list)
    agent: int | None = None
    """the number of the firm that applies on behalf of the applicant"""


AGENTS, THROUGH_AGENTS = 6, 0.3
"""How many firms apply for others, and in what share of licences."""
FAVOURS = "agriculture"
"""The unit that the first agent frequents, and whose deputy decides its cases at once: no card, but a pattern to be found."""
CHARACTERS: dict[str, Character] = {
    "market": Character(0.35, 0.01), "tax": Character(0.3, 0.01), "civil-affairs": Character(0.5, 0.03),
    "housing": Character(0.8, 0.10, "pauses late", 0.06), "urban-management": Character(0.75, 0.08, "bounces", 0.10),
    "environment": Character(0.85, 0.12, "asks again", 0.10), "transport": Character(0.6, 0.05, "back-dates", 0.05),
    "natural-resources": Character(0.9, 0.15), "agriculture": Character(0.6, 0.04),
}  # fmt: skip
ORDINARY = Character(0.55, 0.03)
SLOW_TOWNS = {"town-16", "town-18"}


class Teller:
    """Tells stories deterministically for a seed; ``handlers`` gives the posts of a unit by role."""

    def __init__(self, calendar: Calendar, items: Sequence[Item], parties: int, seed: int) -> None:
        self.calendar = calendar
        self.chance = random.Random(f"stories {seed}")
        self.parties = parties
        self.services = [item for item in items if item.procedure == "services.matter"]
        self.licences = [item for item in items if item.procedure == "approvals.standard"]

    def stories(self, count: int, begin: int, now: int) -> Iterator[Story]:
        """``count`` cases begun evenly between the two moments; nothing in them lies after ``now``."""
        starts = sorted(self.chance.randrange(begin, now) for _ in range(count))
        for serial, start in enumerate(starts):
            tell = self.chance.choices((self.service, self.licence, self.hotline), (50, 22, 28))[0]
            story = tell(serial, start)
            story.steps = [step for step in story.steps if step.recorded < now]
            if story.steps:
                yield story

    # -- time -----------------------------------------------------------------------------------

    def office(self, at: int) -> int:
        """The moment itself while the office is open, else the next opening."""
        return self.calendar.next_working_moment(at)

    def later(self, at: int, days: float) -> int:
        """So many working days later, inside office hours."""
        return self.calendar.working_moment(self.calendar.worked(at) + max(int(days * DAY), MINUTE))

    def last(self, at: int, days: int) -> int:
        """The end of the n-th working day after ``at``."""
        return self.calendar.end(self.calendar.add_working_days(self.calendar.day(at), days))

    def spread(self, mean: float) -> float:
        return mean * self.chance.lognormvariate(-0.08, 0.4)

    # -- stories --------------------------------------------------------------------------------

    def begun(self, serial: int, item: Item, procedure: str) -> Story:
        town = places.town_id(self.chance.randrange(1, len(places.TOWNS) + 1))
        return Story(
            serial,
            procedure,
            item.id,
            dict(item.committed),
            item.name.zh,
            self.chance.randrange(self.parties),
            town,
        )

    def do(
        self, story: Story, act: str, at: int, seat: str, role: str, recorded: int = 0, **form: Any
    ) -> int:
        """Add a step, entered a few minutes after it happened unless told otherwise."""
        entered = recorded or at + self.chance.randrange(1, 12) * MINUTE
        story.steps.append(Step(act, at, max(entered, at), seat, role, form))
        return at

    def clerk(self, item: Item, story: Story) -> str:
        if item.towns and self.chance.random() < 0.5:
            return f"{story.town}/clerk"
        return f"window/clerk-{self.chance.randrange(1, 17)}"

    def agent(self, serial: int, unit: str) -> int | None:
        """Who applies for the applicant, if anybody; by a chance of its own, so that nothing else in the stories moves."""
        chance = random.Random(f"agent {serial}")
        frequents = [AGENTS if n == 0 and unit == FAVOURS else 1 for n in range(AGENTS)]
        return chance.choices(range(AGENTS), frequents)[0] if chance.random() < THROUGH_AGENTS else None

    def handler(self, unit: str) -> str:
        return (
            f"{unit}/handler" if unit.startswith("town-") else f"{unit}/handler-{self.chance.randrange(1, 4)}"
        )

    def service(self, serial: int, start: int) -> Story:
        """A general service: received, perhaps corrected, accepted, finished."""
        item = self.chance.choice(self.services)
        unit = item.organization
        character = CHARACTERS.get(unit, ORDINARY)
        promise = item.committed.get("handling", 15)
        story = self.begun(serial, item, item.procedure)
        at = self.do(story, "receive", self.office(start), self.clerk(item, story), "clerk")
        at = self.corrected(story, at, unit, character)
        at = self.do(story, "accept", self.later(at, self.spread(0.2)), self.clerk(item, story), "clerk")
        end, recorded = self.ended(story, at, promise, 15, character)
        self.do(story, "finish", end, self.handler(unit), "handler", recorded)
        return story

    def corrected(self, story: Story, at: int, unit: str, character: Character) -> int:
        """Perhaps a correction request; who asks again names a defect that was there before."""
        rounds = 1 if self.chance.random() < 0.15 else 0
        if character.cheat == "asks again" and self.chance.random() < character.often:
            rounds = 2
            story.truth.append("asks again")
        for n in range(rounds):
            asked = self.later(at, self.spread(0.8))
            self.do(story, "request_correction", asked, self.handler(unit), "handler",
                    defects="材料不全，请补齐所列各项", already_there=n > 0)  # fmt: skip
            at = self.do(
                story, "supply_correction", self.later(asked, self.spread(2.0)), "applicant", "applicant"
            )
        return at

    def ended(
        self, story: Story, accepted: int, promise: int, limit: int, character: Character
    ) -> tuple[int, int]:
        """(when it is said to be done, when that was entered; 0: at once)."""
        if self.chance.random() < character.late:
            over = promise + 1 + int(self.spread(max(limit - promise, 1) * 0.6))
            story.truth.append("late" if over <= limit else "far too late")
            return self.later(self.last(accepted, over), 0.2), 0
        if character.cheat == "back-dates" and self.chance.random() < character.often:
            story.truth.append("back-dates")
            claimed = self.later(accepted, max(promise - 0.6, 0.3))
            return claimed, self.later(self.last(accepted, limit), 0.5)
        used = min(self.spread(promise * character.pace), promise - 0.1)
        return self.later(accepted, max(used, 0.02)), 0

    def licence(self, serial: int, start: int) -> Story:
        """A licence: received, accepted, checked, perhaps paused for a test, decided, certificate issued."""
        item = self.chance.choice(self.licences)
        unit = item.organization
        character = CHARACTERS.get(unit, ORDINARY)
        promise = item.committed.get("decision", 10)
        story = self.begun(serial, item, item.procedure)
        at = self.do(
            story, "receive", self.office(start), f"window/clerk-{self.chance.randrange(1, 17)}", "clerk"
        )
        at = self.corrected(story, at, unit, character)
        at = self.do(story, "accept", self.later(at, self.spread(0.5)), self.handler(unit), "handler")
        end, recorded = self.ended(story, at, promise, 20, character)
        if self.chance.random() < 0.4:
            self.do(story, "check_site", self.later(at, 0.4), self.handler(unit), "handler")
        if character.cheat == "pauses late" and self.chance.random() < character.often:
            story.truth.append("pauses late")
            told = self.do(story, "notify_special", self.later(self.last(at, 18), 0.3), self.handler(unit), "handler",
                           procedure="expert_review", days=10)  # fmt: skip
            back = self.do(story, "special_done", self.later(told, 8), self.handler(unit), "handler")
            end, recorded = self.later(back, 0.5), 0
        elif self.chance.random() < 0.06 and promise > 4:
            told = self.do(story, "notify_special", self.later(at, 0.8), self.handler(unit), "handler",
                           procedure="testing", days=6)  # fmt: skip
            back = self.do(
                story, "special_done", self.later(told, self.spread(3)), self.handler(unit), "handler"
            )
            end, recorded = max(end, self.later(back, 0.5)), 0
        story.agent = self.agent(serial, unit)
        if story.agent == 0 and unit == FAVOURS and not story.truth:
            end, recorded = self.later(max(step.at for step in story.steps), 0.03), 0
        refused = self.chance.random() < 0.04
        form = {"reasons": "不符合法定条件", "remedies": True} if refused else {}
        self.do(story, "refuse" if refused else "grant", end, f"{unit}/deputy", "approver", recorded, **form)
        if not refused:
            self.do(
                story,
                "issue",
                self.later(max(end, recorded), self.spread(1.5)),
                f"window/clerk-{self.chance.randrange(1, 17)}",
                "clerk",
            )
        story.steps.sort(key=lambda step: (step.at, step.recorded))
        return story

    def hotline(self, serial: int, start: int) -> Story:
        """A hotline order: called in, dispatched, signed for, perhaps sent back, answered, reviewed, called back."""
        zh, _, owner = self.chance.choice(WISHES)
        town = places.town_id(self.chance.randrange(1, len(places.TOWNS) + 1))
        unit = town if self.chance.random() < 0.35 else owner
        character = CHARACTERS.get(unit, Character(0.9, 0.16) if unit in SLOW_TOWNS else ORDINARY)
        story = Story(serial, "hotline.work-order", "", {}, zh, self.chance.randrange(self.parties), town)
        at = self.do(story, "call", start, f"hotline/agent-{self.chance.randrange(1, 11)}", "clerk")
        bounces = 2 if character.cheat == "bounces" and self.chance.random() < character.often else 0
        if bounces:
            story.truth.append("bounces")
        desk = f"hotline/dispatcher-{self.chance.randrange(1, 4)}"
        for _ in range(bounces):
            at = self.do(
                story, "dispatch", at + self.chance.randrange(10, 90) * MINUTE, desk, "clerk", next=unit
            )
            at = self.do(
                story,
                "return_order",
                self.later(at, 0.6),
                self.handler(unit),
                "handler",
                reasons="不属于本单位职责",
            )
        at = self.do(story, "dispatch", at + self.chance.randrange(10, 90) * MINUTE, desk, "clerk", next=unit)
        self.do(story, "sign", self.later(at, self.spread(0.15)), self.handler(unit), "handler")
        end, recorded = self.ended(story, at, 3, 5, character)
        end = max(end, self.later(story.steps[-1].at, 0.05))
        at = self.do(story, "reply", end, self.handler(unit), "handler", recorded)
        at = self.do(story, "review", self.later(max(at, recorded), self.spread(0.3)), desk, "clerk")
        self.do(
            story,
            "call_back",
            self.later(at, self.spread(0.8)),
            desk,
            "clerk",
            satisfied=self.chance.random() < 0.86,
        )
        return story
