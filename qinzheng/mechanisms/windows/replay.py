"""What the ledger says of tickets, counters and appointments, for ``ledger verify --projections``."""

from __future__ import annotations

from qinzheng.ledger.projections import Projection
from qinzheng.mechanisms.windows.folding import TABLES

PROJECTIONS = [
    Projection(
        table.model._meta.db_table, ("id",),
        tuple(str(field.column) for field in table.model._meta.concrete_fields if not field.primary_key), table.types, table.fold,
    )
    for table in TABLES
]  # fmt: skip
