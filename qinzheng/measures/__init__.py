"""Declared questions put to the ledger, answered by DuckDB over an archive of Parquet files.

A measure is a definition (``definitions/measures``): whom it counts, by what filter, per what unit, with what
statistic, and for whom a fact counts. An answer carries its numerator, denominator, interval and an evidence that
opens to the very events, at the position of the ledger at which it was asked.

It is no second bookkeeping: every figure is derived from events alone. Read the modules in this order:
``archive`` (the files), ``derive`` (events become facts), ``schema`` (the shape), ``ask`` (question to answer).
"""
