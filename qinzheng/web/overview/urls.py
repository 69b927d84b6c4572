"""Addresses of the overview."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.overview import views

urlpatterns = [
    path("", views.city, name="overview"),
    path("<slug:organization>/", views.unit, name="overview-unit"),
    path("<slug:organization>/<slug:measure>/", views.measure, name="overview-measure"),
    path("<slug:organization>/<slug:measure>/evidence", views.evidence, name="overview-evidence"),
    path(
        "<slug:organization>/<slug:measure>/by-<slug:by>.<slug:kind>",
        views.download,
        name="overview-download",
    ),
]
