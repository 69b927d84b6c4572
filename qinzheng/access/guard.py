"""Whether somebody behind a notice's recipient may see what it is about: the rules, asked for packages below them.

A notice is told where at least one account behind its recipient may see its subject now; the page asks again for
whoever reads it. A party needs no account: it sees its own cases, and is told of them by SMS.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from qinzheng.access import rules
from qinzheng.access.models import Account
from qinzheng.access.users import User, user_of
from qinzheng.cases.models import Case
from qinzheng.notifications import recipients

Pair = tuple[str, str]
OPENING = "opening:"


def may_learn(pairs: Collection[Pair], at: dt.datetime) -> set[Pair]:
    """Of (recipient, subject) pairs those in which somebody behind the recipient may see the subject at that moment."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for recipient, subject in pairs:
        wanted[recipient].add(subject)
    behind = users(wanted, at)
    return {
        (recipient, subject)
        for recipient, subjects in wanted.items()
        for user in behind.get(recipient, ())
        for subject in seen(user, subjects)
    }


def seen(user: User, subjects: Collection[str]) -> set[str]:
    """Of some subjects of notices those that the user may see; what has no subject hides nothing."""
    found: set[str] = {subject for subject in subjects if not subject}
    cases = [subject for subject in subjects if subject.startswith("case:")]
    if cases:
        found |= set(rules.scope(user, "see", Case.objects.filter(pk__in=cases)).values_list("pk", flat=True))
    if any(subject.startswith(OPENING) for subject in subjects):
        found |= set(rules.openings_named(user).filter(ref__in=list(subjects)).values_list("ref", flat=True))
    return found


def pseudonyms(told: Collection[str], at: dt.datetime) -> dict[str, set[str]]:
    """Recipient → the accounts that read as it now, by their pseudonyms."""
    return {
        each: {account.pseudonym for account in accounts}
        for each, accounts in _accounts(list(told), at).items()
    }


def users(told: Iterable[str], at: dt.datetime) -> Mapping[str, list[User]]:
    """Who reads as each recipient now: whoever acts in a post, an account, holders of a power, a party itself."""
    listed = list(told)
    found: dict[str, list[User]] = defaultdict(list)
    for party in (each for each in listed if each.startswith("party:")):
        found[party].append(User(kind="citizen", parties=frozenset({party})))
    for recipient, accounts in _accounts(listed, at).items():
        found[recipient] += [user_of(account, at, second_factor=True) for account in accounts]
    return found


def _accounts(told: list[str], at: dt.datetime) -> dict[str, list[Account]]:
    open_ = Account.objects.filter(is_active=True).select_related("person", "administration")
    found: dict[str, list[Account]] = defaultdict(list)
    named = [each for each in told if each.startswith("a-")]
    for account in open_.filter(pseudonym__in=named) if named else ():
        found[account.pseudonym].append(account)
    powers = [each.removeprefix("power:") for each in told if each.startswith("power:")]
    for account in open_.filter(administration__power__in=powers) if powers else ():
        found[f"power:{account.administration.power}"].append(account)
    posts = [each for each in told if each.startswith("p-")]
    if posts:
        persons = recipients.acting_persons(posts, at)
        by_person: dict[str, list[Account]] = defaultdict(list)
        for account in open_.filter(person__in=set(persons.values())):
            by_person[str(account.person_id)].append(account)
        for post, person in persons.items():
            found[post] += by_person[person]
    return found
