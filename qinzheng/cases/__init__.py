"""Cases: the one process engine. ``open_case`` and ``perform``."""
