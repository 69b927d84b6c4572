"""Ratings of services (好差评): by whoever holds the receipt, or at the window's pad; never by an official, never with a name.

``schema`` is the scheme: grades, reasons, which procedures, how long. ``giving`` takes a rating; ``queries`` gives it back.
A bad one opens a case of ``ratings.call-back``; everything after that is the procedure's.
"""
