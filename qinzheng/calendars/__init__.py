"""Calendars: working-day arithmetic, pure, on prefix tables."""
