"""The address of patterns."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.patterns import views

urlpatterns = [path("", views.patterns, name="patterns")]
