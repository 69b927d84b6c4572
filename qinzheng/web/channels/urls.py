"""The addresses of channels."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.channels import views

urlpatterns = [
    path("", views.channels, name="channels"),
    path("new/", views.give, name="give-channel"),
]
