"""Notices: who is told what, when something happened, in which words and by which channel.

Follows the ledger with a cursor of its own; what is told is a definition of the kind ``notice``. Knows nobody's
name, telephone or address: those are opened at the moment of sending and kept nowhere here.
"""
