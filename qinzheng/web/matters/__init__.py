"""Pages of one matter (高效办成一件事): what it brings together, and the one form that opens it."""
