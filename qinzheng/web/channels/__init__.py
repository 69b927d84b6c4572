"""Pages of green channels: which stand, who watches them, how their projects stand; and the form that gives one."""
