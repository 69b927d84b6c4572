"""What the flows of the window start from: see ``tests/flows/conftest.py``."""

from tests.flows.conftest import clock, consistent, published

__all__ = ["clock", "consistent", "published"]
