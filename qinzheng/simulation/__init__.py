"""A fictional city, 清和市: permit cases with honest work and injected violations whose truth is known.

It shares no code with the judge: it counts working days in months without holidays only, by weekday.
"""
