"""Units, their tree over time, posts, people in posts, and who stands in for whom.

Not here: who may do what (``access``), opening hours (``calendars``; a unit only names its calendar), citizens and
firms (``parties``). A day is a civil day of the city; spans of days include both ends, spans of instants leave out
the second. Everything but people's names follows from the ledger.
"""
