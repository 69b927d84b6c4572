"""Who may do what to which thing: the one module of rules. Denied unless a clause allows it.

``scope(user, act, queryset)`` keeps the rows that the user may ``act`` on; ``can(user, act, thing)`` asks the
same clauses about one thing, so a list and a page cannot disagree. A *denial* beats every clause: whoever a
sealed case concerns does not learn that it exists (纪检监察机关处理检举控告工作规则 47), nor does anybody in that unit, above
it or below it. The table of roles follows the project's design notes on who may see what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import CharField, Exists, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from qinzheng.access.facts import Rows, beside, holds
from qinzheng.access.models import Account, BreakGlass, FactorReset, Token
from qinzheng.access.users import User
from qinzheng.cases.models import Attachment, Case
from qinzheng.mechanisms.applying.models import Draft
from qinzheng.notifications.models import Notice
from qinzheng.organizations.models import Organization
from qinzheng.supervision.models import Card

OFFICE = frozenset(
    {"clerk", "handler", "approver", "head_of_organ", "government_head", "agent", "dispatcher", "head_of_review_body"}
)  # fmt: skip
"""Roles that handle cases; all others watch, appraise or administer."""

EVERY = Q(pk__isnull=False)
Thing = TypeVar("Thing", bound=Model)


@dataclass(frozen=True)
class Clause:
    """These ``acts`` on this kind of thing are allowed to users for whom ``who`` holds, on the rows of ``which``."""

    name: str
    thing: type[Model]
    acts: frozenset[str]
    who: Callable[[User], bool]
    which: Callable[[User], Q]


def _has(*roles: str) -> Callable[[User], bool]:
    wanted = frozenset(roles)
    return lambda user: bool(user.roles & wanted)


def _office(user: User) -> bool:
    return bool(user.roles & OFFICE)


def _everything(user: User) -> Q:
    return EVERY


def handled(user: User) -> Q:
    """Cases that are the user's units' to handle now."""
    return Q(organization__in=user.desk)


def _held(user: User) -> Q:
    """Cases that the user's units handle, opened, or were asked about."""
    return handled(user) | Q(opened_by__in=user.desk) | beside(Case, "asked", Q(organization__in=user.desk))


def _mine(user: User) -> Q:
    """Cases in which the user, or a firm that it acts for, takes part."""
    found = Q(parties__party__in=user.parties)
    for party, item in user.limited:
        found |= Q(parties__party=party, item=item)
    return found & Q(parties__relation__in=("applicant", "agent", "reporter"))


def _written(user: User) -> Q:
    """Drafts that the user wrote, for whom it may still act, or in a post that it still holds."""
    found = Q(party__in=user.parties, post="") | Q(post__in=user.posts)
    for party, item in user.limited:
        found |= Q(party=party, item=item, post="")
    return Q(owner=user.pseudonym) & found


def _of_drafts(user: User) -> Q:
    return Q(case=None, draft__in=Draft.objects.filter(_written(user)).values("pk"))


JUDGES = frozenset({"handler", "approver", "head_of_organ", "government_head"})
"""Roles that handle and decide: whoever has one never holds the paper that acts as the applicant."""


def _receives(user: User) -> bool:
    """A clerk who neither handles nor decides."""
    return "clerk" in user.roles and not user.roles & JUDGES and not user.head


def _received(user: User) -> Q:
    """Cases that the unit received at whose counter the user is a clerk."""
    return Q(opened_by__in=[seat.unit or seat.organization for seat in user.seats if "clerk" in seat.roles])


def _own(user: User) -> Q:
    """Cases that the user itself, or a firm that it acts for, applied for or reported."""
    return _mine(user) & Q(parties__relation__in=("applicant", "reporter"))


def _of_cases(which: Callable[[User], Q]) -> Callable[[User], Q]:
    """Files of these cases."""
    return lambda user: Q(case__in=Case.objects.filter(which(user)).values("pk"))


def _read(*more: str) -> frozenset[str]:
    return frozenset({"see", *more})


CLAUSES: list[Clause] = [
    Clause("the party sees and takes part in its case", Case, _read("perform", "read_papers"), lambda u: u.takes_part, _mine),
    Clause("the counter that received it issues its receipt", Case, frozenset({"issue_receipt"}), _receives, _received),
    Clause("the applicant issues its own receipt", Case, frozenset({"issue_receipt"}), lambda u: u.takes_part, _own),
    Clause("whoever handles it", Case, _read("perform", "export"), _office, _held),
    Clause("whoever handles it opens what is personal", Case, frozenset({"open_personal", "read_papers"}), _has(*(OFFICE - {"government_head"})), _held),
    Clause("supervision sees every case", Case, _read("export", "judge"), _has("supervisor"), _everything),
    Clause("the auditor sees every case, masked", Case, _read(), _has("auditor"), _everything),
    Clause("whoever writes a draft", Draft, _read("write"), lambda u: u.takes_part or bool(u.seats), _written),
    Clause("whoever writes a draft has its files", Attachment, _read("drop"), lambda u: u.takes_part or bool(u.seats), _of_drafts),
    Clause("the party has the files of its case", Attachment, _read(), lambda u: u.takes_part, _of_cases(_mine)),
    Clause("whoever handles a case opens its files", Attachment, _read(), _has(*(OFFICE - {"government_head"})), _of_cases(_held)),
    Clause("a unit sees the cards on its cases", Card, _read("answer"), _office, lambda u: Q(organization__in=u.desk)),
    Clause("supervision works with every card", Card, _read("judge", "export"), _has("supervisor"), _everything),
    Clause("leaders and auditors see every card", Card, _read(), _has("leader", "auditor"), _everything),
    Clause("everybody in office sees the tree", Organization, _read(), lambda u: bool(u.seats), _everything),
    Clause("a unit states its own points and drafts its own items", Organization, frozenset({"state", "draft"}), _has("handler", "approver", "head_of_organ"), lambda u: Q(pk__in=u.desk)),
    Clause("supervision attests what units state", Organization, frozenset({"attest"}), _has("supervisor"), _everything),
    Clause("a unit sees its own figures", Organization, frozenset({"measure"}), _office, lambda u: Q(pk__in=u.desk)),
    Clause(
        "supervision, appraisers, leaders and auditors see all figures", Organization, frozenset({"measure"}),
        _has("supervisor", "appraiser", "leader", "auditor"), _everything,
    ),
    Clause("the system administrator keeps accounts", Account, _read("make", "switch_off", "renew", "ask_reset"), lambda u: u.power == "system", _everything),
    Clause("the security administrator grants", Account, _read("grant", "unlock", "bind", "ask_reset"), lambda u: u.power == "security", _everything),
    Clause("the audit administrator reads", Account, _read(), lambda u: u.power == "audit", _everything),
    Clause("the security administrator keeps tokens", Token, _read("make", "revoke"), lambda u: u.power == "security", _everything),
    Clause("administrators see what is asked of second factors", FactorReset, _read(), lambda u: bool(u.power), _everything),
    Clause(
        "another administrator approves than who asked or is concerned", FactorReset, frozenset({"approve"}), lambda u: bool(u.power),
        lambda u: ~Q(asked_by=u.account) & ~Q(account=u.account),
    ),
    Clause("openings are approved by leaders", BreakGlass, _read("approve"), _has("leader"), _everything),
    Clause("supervision sees its openings", BreakGlass, _read(), _has("supervisor"), lambda u: Q(asked_by=u.account)),
    Clause("openings are read by auditors", BreakGlass, _read(), _has("auditor"), _everything),
    Clause("a notice is for whom it is addressed to, while it may see what it is about", Notice, _read("mark"), lambda u: bool(recipients_of(u)), lambda u: _told(u)),
]  # fmt: skip

DENIALS: list[Clause] = [
    Clause(
        "a sealed case does not exist for whom it concerns", Case, frozenset(),
        lambda u: bool(u.kin or u.posts), lambda u: beside(Case, "concerns", _concerning(u)),
    ),
    Clause(
        "nor do its files", Attachment, frozenset(), lambda u: bool(u.kin or u.posts),
        lambda u: Q(case__in=_sealed(u).values("case")),
    ),
    Clause(
        "nor are openings of it", BreakGlass, frozenset(), lambda u: bool(u.kin or u.posts),
        lambda u: Q(case__in=_sealed(u).values("case")),
    ),
    Clause(
        "nor do its cards", Card, frozenset(), lambda u: bool(u.kin or u.posts),
        lambda u: Q(case__in=_sealed(u).values("case")),
    ),
]  # fmt: skip
"""Empty ``acts``: every act."""


def _concerning(user: User) -> Q:
    """Whom a concern names: a unit near the user, or its post."""
    return Q(organization__in=user.kin) | Q(post__in=user.held | frozenset(user.posts))


def _sealed(user: User) -> QuerySet[Any]:
    concerns = Case._meta.get_field("concerns").related_model
    return concerns._default_manager.filter(_concerning(user))


def recipients_of(user: User) -> frozenset[str]:
    """As whom a user is told: the posts that it acts in, its parties, its account, its power."""
    firms = {party for party, _ in user.limited}
    own = {user.pseudonym} if user.pseudonym else set()
    powers = {f"power:{user.power}"} if user.power else set()
    return frozenset({*user.posts, *user.parties, *firms, *own, *powers})


def openings_named(user: User) -> QuerySet[Any]:
    """The openings that the user may see, with the ``ref`` by which notices name them."""
    ref = Concat(Value("opening:"), Cast("pk", CharField()), output_field=CharField())
    return scope(user, "see", BreakGlass.objects.annotate(ref=ref))


def _told(user: User) -> Q:
    """Notices addressed to the user; of a case or an opening only while it may see it."""
    cases = scope(user, "see", Case.objects.filter(pk=OuterRef("subject")))
    openings = openings_named(user).filter(ref=OuterRef("subject"))
    return Q(recipient__in=recipients_of(user)) & (
        Q(subject="")
        | (Q(subject__startswith="case:") & Q(Exists(cases)))
        | (Q(subject__startswith="opening:") & Q(Exists(openings)))
    )


PAGES: dict[str, Callable[[User], bool]] = {
    "work": lambda u: _office(u) or bool(u.roles & {"supervisor"}),
    "wall": lambda u: u.head or bool(u.roles & {"supervisor", "leader", "auditor"}),
    "overview": lambda u: bool(u.seats),
    "ledger": lambda u: bool(u.roles & {"supervisor", "auditor"}) or u.power == "audit",
    "definitions": lambda u: True,
    "cases": lambda u: bool(u.seats) or u.takes_part,
    "cards": lambda u: _office(u) or bool(u.roles & {"supervisor", "leader", "auditor"}),
    "patterns": lambda u: bool(u.roles & {"supervisor", "auditor"}),
    "find_people": _office,
    "mandates": _has("clerk"),
    "channels": lambda u: _office(u) or bool(u.roles & {"supervisor", "leader", "auditor"}),
    "give_channel": _has("government_head", "head_of_organ"),
    "publish": lambda u: bool(u.roles & {"supervisor"}),
    "catalogue": lambda u: bool(u.seats),
    "coverage": lambda u: bool(u.roles & {"supervisor", "auditor"}),
    "upward": lambda u: _office(u) or bool(u.roles & {"supervisor", "auditor"}) or u.power == "system",
    "upward_counts": lambda u: bool(u.roles & {"supervisor", "auditor"}) or u.power == "system",
    "measure_sealed": lambda u: bool(u.roles & {"supervisor", "auditor"}) and not _sealed(u).exists(),
    "administration": lambda u: bool(u.power),
    "security_log": lambda u: u.power == "audit",
    "tokens": lambda u: u.power == "security",
    "openings": lambda u: bool(u.roles & {"supervisor", "leader", "auditor"}),
    "ask_opening": lambda u: bool(u.roles & {"supervisor"}),
    "open": lambda u: u.takes_part or bool(u.roles & OFFICE),
    "notices": lambda u: bool(u.seats or u.takes_part or u.power),
    "contacts": lambda u: bool(u.seats),
    "ingest": lambda u: u.scopes is not None and "ingest" in u.scopes,
    "feed": lambda u: u.scopes is not None and "feed" in u.scopes,
    "rate": lambda u: u.scopes is not None and "rate" in u.scopes,
    "device": lambda u: u.scopes is not None and "device" in u.scopes,
    "windows": _has("clerk"),
    "queues": _has("supervisor", "leader", "auditor"),
    "book": lambda u: u.takes_part or "clerk" in u.roles,
    "appointments": lambda u: u.takes_part,
}
"""Pages and doors that are about no single thing."""

SCOPES: dict[str, frozenset[str]] = {
    "see": frozenset({"read", "act"}),
    "perform": frozenset({"act"}),
    "open": frozenset({"act"}),
    "channels": frozenset({"read", "act"}),
    "give_channel": frozenset({"act"}),
    "measure": frozenset({"read"}),
    "rate": frozenset({"rate"}),
    "device": frozenset({"device"}),
    "definitions": frozenset({"read", "act", "ingest", "feed"}),
}
"""What a token's scopes allow at all; an act that is not here is for people only."""


JOINLESS: frozenset[type[Model]] = frozenset({Notice})
"""Things whose conditions join nothing: asked directly, so that the few rows of a page are all that is looked at."""


def scope(user: User, act: str, rows: QuerySet[Thing]) -> QuerySet[Thing]:
    """The rows that the user may ``act`` on; none where no clause allows it."""
    if not _within_scopes(user, act):
        return rows.none()
    allowed = Q()
    for condition in _allowing(user, act, rows.model):
        allowed |= condition
    if not allowed:
        return rows.none()
    # As subqueries: a row that several clauses or several parties allow is still one row.
    if rows.model in JOINLESS:
        kept = rows.filter(allowed)
    elif allowed != EVERY:
        kept = rows.filter(pk__in=rows.model._default_manager.filter(allowed).values("pk"))
    else:
        kept = rows
    for condition in _denying(user, rows.model):
        kept = kept.exclude(pk__in=rows.model._default_manager.filter(condition).values("pk"))
    return kept


def _allowing(user: User, act: str, thing: type[Model]) -> Iterator[Q]:
    return (
        each.which(user) for each in CLAUSES if each.thing is thing and act in each.acts and each.who(user)
    )


def _denying(user: User, thing: type[Model]) -> Iterator[Q]:
    return (each.which(user) for each in DENIALS if each.thing is thing and each.who(user))


def can(user: User, act: str, thing: Model | None = None, rows: Rows | None = None) -> bool:
    """Whether the user may ``act`` on the thing, or enter the page ``act``. An unknown act is refused.

    ``rows``: all that stands beside the thing, where it has been read with it; then the database is not asked.
    """
    if thing is None:
        rule = PAGES.get(act)
        return rule is not None and rule(user) and _within_scopes(user, act)
    if rows is not None:
        return (
            _within_scopes(user, act)
            and any(holds(condition, thing, rows) for condition in _allowing(user, act, type(thing)))
            and not any(holds(condition, thing, rows) for condition in _denying(user, type(thing)))
        )
    return scope(user, act, type(thing)._default_manager.filter(pk=thing.pk)).exists()


def _within_scopes(user: User, act: str) -> bool:
    if user.scopes is None or act in ("ingest", "feed"):
        return True
    return bool(user.scopes & SCOPES.get(act, frozenset()))
