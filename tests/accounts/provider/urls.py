"""The provider's addresses: the library's, a login page, and the switch of faults."""

from __future__ import annotations

from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from oauth2_provider.models import get_application_model
from oauth2_provider.settings import oauth2_settings

from tests.accounts.provider import FAULTS
from tests.accounts.provider.keys import pem
from tests.accounts.provider.validator import present


def faults(request: HttpRequest) -> HttpResponse:
    """Misbehave from now on as told; or register a site on a port of its own."""
    site = request.POST.get("site")
    if site:
        for each in get_application_model().objects.all():
            each.redirect_uris += f" {site}/login/by/staff/back/ {site}/login/by/citizens/back/"
            each.post_logout_redirect_uris += f" {site}/"
            each.save(update_fields=["redirect_uris", "post_logout_redirect_uris"])
        return HttpResponse("")
    present["fault"] = request.POST["fault"]
    if present["fault"] not in FAULTS:
        return HttpResponse(status=400)
    if present["fault"] == "rotated":
        oauth2_settings.OIDC_RSA_PRIVATE_KEY = pem()
    return HttpResponse(present["fault"])


urlpatterns = [
    path("login/", views.LoginView.as_view()),
    path("faults/", faults),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]
