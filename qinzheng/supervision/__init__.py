"""Supervision: one kernel judges, live and in batch; rules become cards."""
