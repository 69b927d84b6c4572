"""监察大屏: the whole city at a glance, live; and the same as a table. See ``docs/explanation/wall.md``."""
