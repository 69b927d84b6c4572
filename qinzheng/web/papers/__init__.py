"""Pages of papers: what may be issued on a case, what was, downloads, verification by anybody, blank forms of items."""
