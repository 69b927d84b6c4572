"""The report of a judgement: one self-contained page that a mayor can read and an engineer can check."""
