"""Addresses of the wall."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.wall import views

urlpatterns = [
    path("", views.wall, name="wall"),
    path("table/", views.table, name="wall-table"),
    path("now", views.now_, name="wall-now"),
    path("stream", views.live, name="wall-stream"),
]
