"""The catalogue as officials keep it: items from spreadsheets, editions compared in words, their life, three rates, points with proof.

The items are definitions (``qinzheng.cases.items``) and stay so: everything here reads editions or drafts new ones, which
a second person publishes. What a unit states of itself, and who attests it, are events.
"""
