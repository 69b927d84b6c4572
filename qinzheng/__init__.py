"""勤政 Qinzheng: cases with clocks, events in one ledger, cards from one supervisor."""

__version__ = "0.1.0"
