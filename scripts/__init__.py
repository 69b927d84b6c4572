"""For developers only: nothing here is needed to run the system."""
