"""The pages of the window: calling, the display of a hall, appointments, the fast intake, who was called before its turn."""
