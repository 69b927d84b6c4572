"""The words that templates may use beyond Django's own."""
