"""The addresses of matters."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.matters import views

urlpatterns = [
    path("", views.matters, name="matters"),
    path("<str:matter>/", views.matter, name="matter"),
    path("<str:matter>/apply/", views.apply, name="apply-matter"),
]
