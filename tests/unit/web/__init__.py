"""The shell of the pages, without a browser."""
