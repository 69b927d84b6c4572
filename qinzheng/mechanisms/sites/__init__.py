"""Sub-sites of departments and towns (网站集群): the same store, shown by configuration. No copy of an item, a unit or a text."""
