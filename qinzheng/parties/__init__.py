"""Parties: citizens and enterprises, the erasable personal data, kept out of the ledger.

Sealed for each subject under a key of its own; found again by blind indexes; masked unless a reader
and a purpose are named, which leaves an event. Not the people who work here (``organizations``) nor
those who log in (``access``). Legal source: 个人信息保护法 44-48.
"""
