"""The shape of a notice: which event is told to whom, in which words, by which ways. A closed vocabulary throughout.

The words hold placeholders in braces and nothing else: no expression, no attribute, no format. What a placeholder
stands for is worked out in :mod:`qinzheng.notifications.writing`; none of them is a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from qinzheng.cases.schema import Procedure, Trait
from qinzheng.definitions.form import Definition, Identifier, Strict, Text, placeholders
from qinzheng.definitions.library import Complaint, Library

Event = Literal[
    "cases.opened", "cases.performed", "cases.deemed", "clocks.moved", "supervision.card_issued",
    "supervision.card_withdrawn", "access.opening_asked", "access.opening_approved", "access.opening_used",
    "access.power_granted", "access.token_issued", "organizations.absence_recorded", "organizations.handed_back",
    "definitions.published", "notifications.webhook_disabled", "windows.booked", "windows.booking_cancelled",
    "windows.reminder_due", "receipts.issued",
]  # fmt: skip
"""The events that a notice can follow: each is appended by the package whose name it bears."""
Role = Literal[
    "holder", "approver", "unit_head", "supervisor", "opener", "told", "applicant", "stand_in", "absent", "leader",
    "auditor", "asker", "system_administrator", "security_administrator", "audit_administrator",
]  # fmt: skip
"""To whom: posts by what they are to the case or unit, the case's own party, an account, an administrator's power."""
Way = Literal["page", "mail", "sms", "webhook"]
Level = Literal["warning", "yellow", "red"]
Ending = Literal["running", "overdue", "completed_on_time", "completed_late", "released"]
Final = Literal["completed", "refused", "withdrawn", "void", "transferred"]
Purpose = Literal["handling", "serving_papers", "notices"]
"""For what a party's telephone or mail address is opened; ``notices`` needs its consent."""

ACTS = ("cases.opened", "cases.performed", "cases.deemed")
CARDS = ("supervision.card_issued", "supervision.card_withdrawn")
OPENINGS = ("access.opening_asked", "access.opening_approved", "access.opening_used")
RIGHTS = ("access.power_granted", "access.token_issued", "notifications.webhook_disabled")
ABSENCES = ("organizations.absence_recorded", "organizations.handed_back")
CLOCKS, PUBLISHED = ("clocks.moved",), ("definitions.published",)
RECEIPTS = ("receipts.issued",)
BOOKINGS = ("windows.booked", "windows.booking_cancelled", "windows.reminder_due")

_CASE_ROLES = {"holder", "approver", "unit_head", "supervisor", "opener", "told", "applicant", "auditor"}
_POWERS = {"system_administrator", "security_administrator", "audit_administrator"}
_CASE_WORDS = {"number", "matter", "procedure", "unit", "state"}
FAMILIES: tuple[tuple[tuple[str, ...], set[str], set[str], set[str]], ...] = (
    (ACTS, {"acts", "traits", "finals", "assigns", "procedures"}, _CASE_ROLES, {*_CASE_WORDS, "act"}),
    (CLOCKS, {"endings", "procedures"}, _CASE_ROLES, {*_CASE_WORDS, "clock", "due"}),
    (CARDS, {"levels", "conditions", "other_conditions", "procedures"}, _CASE_ROLES, {*_CASE_WORDS, "rule", "level", "remedy"}),
    (OPENINGS, set(), {"leader", "auditor", "asker", *_POWERS}, {"time"}),
    (RIGHTS, set(), _POWERS, {"time"}),
    (ABSENCES, set(), {"stand_in", "absent", "unit_head"}, {"post", "unit", "until"}),
    (BOOKINGS, set(), {"applicant"}, {"point", "slot", "service"}),
    (RECEIPTS, {"again"}, {"applicant"}, {"number", "issuer", "time"}),
    (PUBLISHED, {"kinds"}, {"supervisor", "auditor", *_POWERS}, {"kind", "definition", "from_day"}),
)  # fmt: skip
"""(events, the filters they know, to whom they can be told, the placeholders they fill). What is told to an
administrator names no case: administrators may not open one."""


class Occasion(Strict):
    """One event that is told, with filters; a filter that is left out lets everything pass."""

    event: Event
    procedures: list[Identifier] = []
    acts: list[Identifier] = []
    traits: list[Trait] = []
    finals: list[Final] = Field(default=[], description="the state that the act led to ends the case so")
    assigns: bool | None = Field(
        default=None, description="true: only acts that hand the case to another unit; false: only others"
    )
    levels: list[Level] = []
    conditions: list[Identifier] = Field(default=[], description="conditions of the card's rule")
    other_conditions: list[Identifier] = Field(default=[], description="every condition but these")
    endings: list[Ending] = Field(default=[], description="how the clock stands after the move")
    kinds: list[Identifier] = Field(default=[], description="kinds of definitions")
    again: bool | None = Field(
        default=None, description="true: only receipts in place of a former one; false: only first ones"
    )

    @model_validator(mode="after")
    def _filters_fit(self) -> Self:
        known = family(self.event)[1]
        for name in sorted(self.model_fields_set - {"event"} - known):
            raise ValueError(
                f"{self.event} 没有筛选 {name}；可用：{'、'.join(sorted(known)) or '无'} / "
                f"{self.event} has no filter {name}; known: {', '.join(sorted(known)) or 'none'}"
            )
        return self


class ShortMessage(Strict):
    """What an SMS gateway asks for: an approved signature, an approved template by its number, and its arguments.

    ``arguments``: placeholder of the gateway's template → placeholder of ours.
    """

    signature: str = Field(min_length=2, max_length=20)
    template: str = Field(min_length=1, max_length=40)
    arguments: dict[str, str] = {}


class Words(Strict):
    """A title of one line and a text, in both languages."""

    title: Text
    text: Text

    @field_validator("title")
    @classmethod
    def _one_line(cls, title: Text) -> Text:
        if any("\n" in words or len(words) > 120 for words in (title.zh, title.en)):
            raise ValueError("标题须为一行，不超过 120 字 / a title is one line of 120 characters at most")
        return title


class Notice(Definition):
    """One notice. ``as_told`` adds those whom other notices of the list tell."""

    kind: Literal["notice"]
    on: list[Occasion] = Field(min_length=1)
    to: list[Role] = Field(min_length=1)
    as_told: list[Identifier] = Field(default=[], description="also to everybody whom these notices tell")
    channels: list[Way] = Field(min_length=1)
    words: Words
    sms: ShortMessage | None = None
    purpose: Purpose = Field(default="handling", description="for what a party's contact is opened")
    urgent: bool = Field(default=False, description="goes out in quiet hours too")
    stale_after_days: int = Field(
        default=3,
        ge=0,
        le=3660,
        description="what had happened so long before it was entered is no news (ours)",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if "page" not in self.channels:
            raise ValueError(
                "channels 须含 page：页面上的通知是其他途径的底稿 / channels include page: what stands there is what the others send"
            )
        if ("sms" in self.channels) != (self.sms is not None):
            raise ValueError(
                "channels 有 sms 就须写 sms（签名与模板编号），没有就不写 / sms is written where channels has sms, only there"
            )
        if set(self.to) & _POWERS and self.channels != ["page"]:
            raise ValueError(
                "告诉管理员的通知只能用 page：管理员账号没有联系方式 / what administrators are told stands on the page only: their accounts have no address"
            )
        return self

    def roles(self, others: Library) -> list[Role]:
        """To whom, with those of ``as_told``."""
        found = list(self.to)
        for id in self.as_told:
            found += [role for role in others.get("notice", id).to if role not in found]
        return found


def family(event: str) -> tuple[tuple[str, ...], set[str], set[str], set[str]]:
    """The family of an event."""
    return next(each for each in FAMILIES if event in each[0])


def check_notice(notice: Notice, library: Library) -> Iterator[Complaint]:
    """Everything named is known: acts, procedures, conditions, kinds, roles for the event, placeholders."""
    yield from _check_occasions(notice, library)
    others = {each.id for each in library.all("notice")}
    for place, id in enumerate(notice.as_told):
        if id not in others or id == notice.id:
            yield _unknown(("as_told", place), "通知", "notice", id, others - {notice.id})
            return
    allowed = set.intersection(*(family(each.event)[2] for each in notice.on))
    for place, role in enumerate(notice.to):
        if role not in allowed:
            yield _unknown(
                ("to", place), "此事件可告知的对象", "role that this event can be told to", role, allowed
            )
    for role in notice.roles(library)[len(notice.to) :]:
        if role not in allowed:
            yield _unknown(
                ("as_told",), "此事件可告知的对象", "role that this event can be told to", role, allowed
            )
    yield from _check_words(notice)


def _check_occasions(notice: Notice, library: Library) -> Iterator[Complaint]:
    procedures: list[Procedure] = library.all("procedure")
    known = {
        "procedures": {each.id for each in procedures},
        "acts": {act for each in procedures for act in each.acts},
        "conditions": {rule.when.condition for rule in library.all("rule")},
        "kinds": {held.definition.kind for held in library},
    }
    known["other_conditions"] = known["conditions"]
    for place, occasion in enumerate(notice.on):
        for name, values in known.items():
            for number, value in enumerate(getattr(occasion, name)):
                if value not in values:
                    yield _unknown(("on", place, name, number), name, name, value, values)


def _check_words(notice: Notice) -> Iterator[Complaint]:
    filled = set.intersection(*(family(each.event)[3] for each in notice.on))
    places: list[tuple[tuple[str | int, ...], str]] = [
        (("words", part, tongue), getattr(getattr(notice.words, part), tongue))
        for part in ("title", "text")
        for tongue in ("zh", "en")
    ]
    places += [
        (("sms", "arguments", key), "{" + name + "}")
        for key, name in (notice.sms.arguments if notice.sms else {}).items()
    ]
    for path, words in places:
        try:
            named = placeholders(words)
        except ValueError as why:
            yield Complaint(
                path,
                f"花括号里只能是占位名：{why}",
                f"braces hold a placeholder's name and nothing else: {why}",
            )
            continue
        for name in named:
            if name not in filled:
                yield _unknown(path, "占位", "placeholder", name, filled)


def _unknown(path: tuple[str | int, ...], zh: str, en: str, value: str, known: set[str]) -> Complaint:
    listed = sorted(known)
    return Complaint(
        path, f"没有{zh} {value}；可用：{'、'.join(listed)}", f"no {en} {value}; known: {', '.join(listed)}"
    )


EVENTS: tuple[str, ...] = get_args(Event)
