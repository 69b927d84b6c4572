"""How the tables follow from the ledger, for ``verify --projections``: the very folds that the writer uses."""

from __future__ import annotations

import json

from qinzheng.ledger.projections import Projection, Rows
from qinzheng.ledger.queries import StoredEvent
from qinzheng.organizations import register


def _projection(table: register.Table) -> Projection:
    def fold(rows: Rows, event: StoredEvent) -> None:
        id = event.subject.partition(":")[2]
        table.folds[event.type](rows, id, event.body)
        if table.name == register.POSTS and isinstance(rows[id,]["roles"], list):
            # A plain cursor reads jsonb as text.
            rows[id,]["roles"] = json.dumps(rows[id,]["roles"], ensure_ascii=False)

    return Projection(table.name, table.key, table.columns, tuple(table.folds), fold)


PROJECTIONS = [_projection(table) for table in register.TABLES]
