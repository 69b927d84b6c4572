"""Addresses of ratings. None holds anything of whoever rates."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.ratings import giving, views

urlpatterns = [
    path("progress/rating/", giving.rate, name="rate"),
    path("ratings/", views.ratings, name="ratings"),
]
