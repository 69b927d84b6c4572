"""How often an applicant had to come for a case: trips, doors, persons.

Which acts bring somebody to a desk is a definition (kind ``presence``). Of a case are counted: *trips*, the different days
and organizations at which such an act was done; *doors*, the different organizations; *persons*, the different posts. An
act without an organization was done by the applicant from afar and is no trip; a deemed act is nobody's.
"""

from __future__ import annotations

from qinzheng.measures.facts import Facts
from qinzheng.measures.presence import UNKNOWN, Rows


def table(facts: Facts, told: Rows, upto: int) -> str:
    """The name of a table ``key, trips, doors, persons``: a row a case that somebody came for, as known at ``upto``."""
    acts = sorted({act for _, act, *_ in told})
    select = f"""
    WITH known AS (SELECT unnest(?::VARCHAR[]) AS procedure, unnest(?::VARCHAR[]) AS act, unnest(?::VARCHAR[]) AS role,
      unnest(?::VARCHAR[]) AS path, unnest(?::VARCHAR[]) AS value),
    done AS (SELECT key, procedure, act, proof, done_day, doer FROM ({facts.as_of("acts", upto)})
      WHERE doer <> '' AND act IN (SELECT unnest(?::VARCHAR[]))),
    said AS (SELECT position, actor, decode(body) AS said FROM ({facts.told()})
      WHERE act IN (SELECT unnest(?::VARCHAR[]))),
    met AS (SELECT DISTINCT d.key, d.done_day, d.doer, s.actor FROM done d JOIN said s ON s.position = d.proof
      JOIN known k ON k.procedure = d.procedure AND k.act = d.act AND k.role = json_extract_string(s.said, '$.role')
      WHERE k.path IS NULL OR coalesce(json_extract_string(s.said, k.path), '{UNKNOWN}') = k.value)
    SELECT key, count(DISTINCT (done_day, doer)) AS trips, count(DISTINCT doer) AS doors,
      count(DISTINCT actor) FILTER (WHERE actor <> '') AS persons FROM met GROUP BY key
    """
    columns = [list(column) for column in zip(*told, strict=True)] or [[]] * 5
    return facts.once(f"presence_{upto}", told, select, [*columns, acts, acts])
