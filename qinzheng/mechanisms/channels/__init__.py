"""Channels: who gave a project the green channel, why, with whom as its shepherd, for which items and until when."""
