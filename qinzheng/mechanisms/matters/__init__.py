"""One matter (高效办成一件事): several items asked for at once, each a case with its own clocks, ended and delivered as one."""
