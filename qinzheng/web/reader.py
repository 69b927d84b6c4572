"""Who reads a page. ``request.reader`` is set by the middleware of ``qinzheng.access``; without it everybody is anonymous."""

from __future__ import annotations

from qinzheng.access.users import ANONYMOUS, User

__all__ = ["ANONYMOUS", "User", "of"]


def of(request: object) -> User:
    """The reader of a request."""
    return getattr(request, "reader", None) or ANONYMOUS
