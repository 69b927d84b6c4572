"""The ledger: facts appended once, sequenced, proven. Knows no domain."""
