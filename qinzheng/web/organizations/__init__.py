"""Public pages of the city's units: the tree, and each unit with its hours, its points and what it does. No officers."""
