"""Finding cases by Chinese words, numbers, and people where the reader may look for them.

One row of words a case, written when it is opened or numbered; segmented by rjieba, found by PostgreSQL's index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import rjieba
from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from qinzheng.cases.models import Case, CaseParty, CaseWords
from qinzheng.parties import queries as parties

WORD = re.compile(r"[0-9A-Za-z一-鿿]+")
NUMBER = re.compile(r"^[A-Za-z]{1,6}\d{4,}$|^\d{6,}$")
MOST_PEOPLE = 200


def words(*texts: str) -> list[str]:
    """The words of texts as the index keeps them: segmented for search, lower case, each once, in order."""
    found: dict[str, None] = {}
    for text in texts:
        for run in WORD.findall(text.lower()):
            for word in rjieba.cut_for_search(run):
                found[word] = None
            found[run] = None
    return list(found)


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
        return rows.filter(
            Q(number__istartswith=text) | Q(outside_numbers__number=text) | _of_people(text, people)
        ).distinct()
    wanted = words(*[run for run in text.split() if run]) if text else []
    tokens = [token for run in WORD.findall(text.lower()) for token in rjieba.cut(run)]
    if not wanted:
        return rows.none()
    query = SearchQuery(" & ".join(f"'{token}'" for token in tokens), search_type="raw", config="simple")
    matched = CaseWords.objects.filter(words=query).values("case")
    return rows.filter(Q(pk__in=matched) | _of_people(text, people))


def _of_people(text: str, allowed: bool) -> Q:
    """Cases of the party of exactly that name or telephone: blind indexes know no part of a name."""
    if not allowed:
        return Q(pk__in=[])
    found = [*parties.find_by_name(text), *parties.find_by_phone(text)][:MOST_PEOPLE]
    return Q(pk__in=CaseParty.objects.filter(party__in=[party.pk for party in found]).values("case"))
