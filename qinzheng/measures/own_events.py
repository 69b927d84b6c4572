"""Facts that are events of their own, beside the cases: ratings of services, and what was charged for a case.

Read from the archive itself and kept as a table while the facts are open: they are few, never change and are not overtaken
by later events, so they need no versions. The names stand here since measures know the ledger and not who writes it.
"""

from __future__ import annotations

from typing import Any

GIVEN = "ratings.given"
BOOKED, REFUNDED = "fees.booked", "fees.refunded"
POPULATIONS = ("ratings", "fees")

_RATINGS = f"""
SELECT position, position AS proof, position AS key, procedure, '' AS variant, '' AS opener, '' AS doer,
  occurred AS given, occurred_day AS given_day, json_extract_string(said, '$.unit') AS holder,
  coalesce(json_extract_string(said, '$.item'), '') AS item, coalesce(json_extract_string(said, '$.town'), '') AS town,
  json_extract_string(said, '$.grade') AS grade, json_extract_string(said, '$.answer') AS answer
FROM (SELECT position, procedure, occurred, occurred_day, decode(body) AS said FROM ({{events}}) WHERE type = '{GIVEN}')
"""
# What is given back counts against what was booked, on the day on which that was done; what was waived was never taken.
_FEES = f"""
SELECT f.position, f.position AS proof, c.key, c.procedure, c.variant, c.opener, f.organization AS doer, c.holder, c.item,
  c.town, f.occurred AS booked, f.occurred_day AS booked_day,
  (CASE WHEN f.type = '{BOOKED}' THEN 1 ELSE -1 END * json_extract(decode(f.body), '$.fen')::BIGINT) AS fen
FROM ({{events}}) f JOIN ({{cases}}) c ON c.subject = 'case:' || substr(f.subject, 6)
WHERE f.type IN ('{BOOKED}', '{REFUNDED}')
"""


# All fees of a case together, from its first booking on, which proves them.
_OF_CASES = """
SELECT min(position) AS position, min(position) AS proof, key, procedure, variant, opener, holder, item, town,
  arg_min(doer, position) AS doer, min(booked) AS booked, min(booked_day) AS booked_day, sum(fen)::BIGINT AS fen
FROM ({fees}) GROUP BY key, procedure, variant, opener, holder, item, town
"""


def told(facts: Any, population: str, upto: int, *, per: str = "") -> str:
    """A SELECT of the facts of ``population`` that stood when the log had ``upto`` events; ``per`` case: its fees together.

    ``facts``: :class:`~qinzheng.measures.facts.Facts`. A fee counts for whom its case counts for, as of the same position.
    """
    events = facts.events() if facts.manifest.segments else NOTHING
    if population == "ratings":
        return f"SELECT * FROM {facts.once('ratings', '', _RATINGS.format(events=events), [])} WHERE position < {upto}"
    select = _FEES.format(events=events, cases=facts.as_of("cases", upto))
    fees = f"SELECT * FROM {facts.once('fees', upto, select, [])} WHERE position < {upto}"
    return _OF_CASES.format(fees=fees) if per == "case" else fees


NOTHING = (
    "SELECT 0::BIGINT AS position, '' AS subject, '' AS type, '' AS procedure, '' AS organization, 0::BIGINT AS occurred, "
    "0::INTEGER AS occurred_day, ''::BLOB AS body WHERE false"
)
