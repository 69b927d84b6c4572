"""Reporting upward: what the city tells the province of its cases, in packets that are answered.

Built from the ledger's order, signed and chained; sent, lost, answered, rejected, repaired and sent again, each step an
event. Nothing personal is kept here: it is opened when a packet goes out, and only where the definition says so.
"""
