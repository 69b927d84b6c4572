"""Fees of a case: booked only by its item's list and the ground that the list cites, with receipts, waivers and refunds.

``schema`` says who may and on what grounds; ``reckoning`` is the arithmetic, pure; ``booking`` writes, ``queries`` reads. What is
not on the list cannot be booked, and that somebody asked for it is an act of the case, which a rule turns into a card.
"""
