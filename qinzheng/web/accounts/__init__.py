"""Logging in and out, the second factor, and the one-click logins of the demonstration city."""
