"""The bell and the page of notices: what the reader was told, and which it has read."""
