"""The catalogue as officials see it: rates, units, items with their editions and life, sheets, drafts, points, measures."""
