"""Procedures as drawings: BPMN 2.0 written, and read with a report of what was not understood (ADR 0035)."""
