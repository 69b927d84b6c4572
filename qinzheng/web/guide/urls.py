"""Addresses of guides, points and sub-sites."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.guide import places, sites, views

urlpatterns = [
    path("items/<str:item>/guide/", views.guide, name="item-guide"),
    path("items/<str:item>/guide/sheet/", views.sheet, name="item-sheet"),
    path("points/", places.points, name="points"),
    path("sites/", sites.sites, name="sites"),
    path("sites/<str:site>/", sites.site, name="site"),
]
