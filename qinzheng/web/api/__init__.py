"""``/api/v1``: what applications may read and do, with a token, under the same rules as the pages.

Each endpoint states the rule that it needs (``door.Bearer``); one without a rule stays shut.
"""
