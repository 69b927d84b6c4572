"""Addresses of notices."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.notices import views

urlpatterns = [
    path("", views.notices, name="notices"),
    path("bell/", views.bell, name="bell"),
    path("read/", views.mark_all, name="read-notices"),
    path("contacts/", views.contacts, name="notice-contacts"),
    path("<int:notice>/", views.open_one, name="notice"),
    path("<int:notice>/read/", views.mark_one, name="read-notice"),
]
