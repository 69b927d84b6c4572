"""Clocks: limits, pauses, marks. The due moment is derived, never stored as truth."""
