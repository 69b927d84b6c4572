"""Finding cases by Chinese words, numbers, and people where the reader may look for them.

One row of words a case, written when it is opened or numbered; pairs of characters, found by PostgreSQL's index.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from qinzheng.cases.models import Case, CaseParty, CaseWords
from qinzheng.cases.vocabulary import HAN, RUN
from qinzheng.parties import queries as parties
from qinzheng.parties.codes import WrongCode

NUMBER = re.compile(r"^[A-Za-z]{1,6}\d{4,}$|^\d{6,}$")
MOST_PEOPLE = 200


def words(*texts: str) -> list[str]:
    """What the index keeps of texts: each pair of neighbouring Chinese characters, each other word; lower case, in order.

    Pairs, not dictionary words: where a sentence is cut depends on its neighbours, and a part of a title must be found.
    """
    found: dict[str, None] = {}
    for text in texts:
        for run in RUN.findall(text.lower()):
            if HAN.match(run):
                found.update(dict.fromkeys(run[n : n + 2] for n in range(max(len(run) - 1, 1))))
                found[run[-1]] = None  # so that one character is found at the end too
            else:
                found[run] = None
    return list(found)


def _asked(text: str) -> str:
    """The question to the index: every pair, every word by its beginning; "" where nothing is asked."""
    tokens: dict[str, None] = {}
    for run in RUN.findall(text.lower()):
        if HAN.match(run) and len(run) > 1:
            tokens.update(dict.fromkeys(f"'{run[n : n + 2]}'" for n in range(len(run) - 1)))
        else:
            tokens[f"'{run}':*"] = None
    return " & ".join(tokens)


def statement(case: str, texts: Iterable[str]) -> tuple[str, Sequence[Any]]:
    """The statement that keeps a case's words."""
    return (
        "INSERT INTO cases_words (case_id, words) VALUES (%s, array_to_tsvector(%s)) ON CONFLICT (case_id) "
        "DO UPDATE SET words = cases_words.words || excluded.words",
        [case, words(*texts)],
    )


def find(rows: QuerySet[Case], asked: str, *, people: bool) -> QuerySet[Case]:
    """The cases that hold every word asked for; a number finds its case; a name or telephone, where ``people``, its party's."""
    text = asked.strip()
    if NUMBER.match(text):
        return rows.filter(pk__in=_numbered(text, people))
    asked_of_index = _asked(text)
    if not asked_of_index:
        return rows.none()
    query = SearchQuery(asked_of_index, search_type="raw", config="simple")
    matched = CaseWords.objects.filter(words=query).values("case")
    return rows.filter(Q(pk__in=matched) | _of_people(text, people))


def _numbered(text: str, people: bool) -> QuerySet[Case, str]:
    """Cases by the beginning of their number, in letters as numbers are written, or another system's; a union, for one
    condition over two tables would be asked of every case.
    """
    own = Case.objects.filter(number__startswith=text.upper()).values_list("pk", flat=True)
    outside = Case.objects.filter(outside_numbers__number=text).values_list("pk", flat=True)
    found = own.union(outside)
    return (
        found.union(Case.objects.filter(_of_people(text, people)).values_list("pk", flat=True))
        if people
        else found
    )


def _of_people(text: str, allowed: bool) -> Q:
    """Cases of the party of exactly that name or telephone: blind indexes know no part of a name."""
    if not allowed:
        return Q(pk__in=[])
    found = parties.find_by_name(text)
    with contextlib.suppress(WrongCode):  # most words are no telephone number
        found += parties.find_by_phone(text)
    found = found[:MOST_PEOPLE]
    return Q(pk__in=CaseParty.objects.filter(party__in=[party.pk for party in found]).values("case"))
