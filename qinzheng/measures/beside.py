"""What a kept fact says of the facts beside it, so that questions need neither sort nor join a million of them.

Of an act: ``others``, which acts its case has besides, as bits. Of a card that names its clock: what that clock came to.
Both are reckoned when facts are kept, and only for cases of which something is new. They are no cache of answers: for a
case of which anything is new since, and for questions as of before the facts were kept, a question does not use them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

UNKNOWN = -1
"""Every bit: the act may have any other beside it."""
BITS = 62


def bit(act: str) -> int:
    """The bit of an act. Two acts may share one: then they are looked at though they need not be, never the other way."""
    return 1 << zlib.crc32(act.encode()) % BITS


def mask(acts: Iterable[str]) -> int:
    """The bits of several acts."""
    found = 0
    for act in acts:
        found |= bit(act)
    return found


def acts(con: Any, told: str) -> str:
    """A SELECT of the acts of ``told`` with ``others`` filled in where it is unknown."""
    named = [
        act for (act,) in con.execute(f"SELECT DISTINCT act FROM ({told}) WHERE act IS NOT NULL").fetchall()
    ]
    con.execute("CREATE OR REPLACE TEMP TABLE act_bits (act VARCHAR, bit BIGINT)")
    if named:
        con.executemany("INSERT INTO act_bits VALUES (?, ?)", [(act, bit(act)) for act in named])
    return f"""
    WITH a AS (SELECT t.*, b.bit FROM ({told}) t LEFT JOIN act_bits b USING (act)),
    counts AS (SELECT key, bit, count(*) AS n FROM a WHERE others = {UNKNOWN} GROUP BY key, bit),
    whole AS (SELECT key, bit_or(bit) AS bits FROM counts GROUP BY key)
    SELECT a.* EXCLUDE (bit) REPLACE (CASE WHEN a.others <> {UNKNOWN} THEN a.others
      ELSE (w.bits & ~a.bit) | CASE WHEN c.n > 1 THEN a.bit ELSE 0 END END AS others)
    FROM a LEFT JOIN counts c ON c.key = a.key AND c.bit = a.bit LEFT JOIN whole w ON w.key = a.key
    """


def cards(told: str, clocks: str) -> str:
    """A SELECT of the cards of ``told``, each that names its clock with what ``clocks`` say of that."""
    return f"""
    WITH c AS ({told}), loose AS (SELECT DISTINCT key FROM c WHERE NOT joined AND clock IS NOT NULL),
    k AS (SELECT * FROM ({clocks}) WHERE key IN (SELECT key FROM loose))
    SELECT c.* REPLACE (c.joined OR c.clock IS NOT NULL AS joined,
      CASE WHEN c.joined THEN c.clock_ending ELSE k.ending END AS clock_ending,
      CASE WHEN c.joined THEN c.clock_end ELSE k.ended_at END AS clock_end,
      CASE WHEN c.joined THEN c.clock_due ELSE k.due END AS clock_due,
      CASE WHEN c.joined THEN c.clock_promise ELSE k.promise END AS clock_promise)
    FROM c LEFT JOIN k ON k.key = c.key AND k.clock = c.clock AND k.ordinal = c.ordinal
    """
