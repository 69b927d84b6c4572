"""The map of the site on one screen."""

from __future__ import annotations

from django.urls import path

from qinzheng.web import errors, health, style
from qinzheng.web.portal import views as portal
from qinzheng.web.styleguide import views as styleguide

urlpatterns = [
    path("", portal.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("styleguide/", styleguide.show, name="styleguide"),
    path("styleguide/errors/<int:status>/", styleguide.error, name="styleguide-error"),
    path("styleguide/wall/", styleguide.wall, name="styleguide-wall"),
    path("styleguide/print/", styleguide.paper, name="styleguide-print"),
    path(f"style/{style.DIGEST}.css", style.sheet, name="style"),
]
handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.failed
