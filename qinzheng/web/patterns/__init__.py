"""The page of what only many cases together show, for supervision and audit."""
