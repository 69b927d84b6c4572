"""Mechanisms of the speech that declarations alone cannot say, each a package of its own; none knows another."""
