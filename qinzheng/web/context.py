"""What every template knows: language, theme, reader, and where the reader may go."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest

from qinzheng.web import language, navigation, reader, theme
from qinzheng.web.notices import bell


def page(request: HttpRequest) -> dict[str, Any]:
    """The context processor of the site."""
    spoken = language.of(request)
    who = reader.of(request)
    return {
        "language": spoken,
        "language_tag": language.TAG[spoken],
        "theme": theme.of(request),
        "dark_media": theme.MEDIA[theme.of(request)],
        "reader": who,
        "messages": get_messages(request),
        "navigation": navigation.open_to(who, request.path),
        "unread": lambda: bell.unread(who),
    }
