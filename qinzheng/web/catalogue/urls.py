"""Addresses of the catalogue for officials. None holds anything personal."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.catalogue import admissions, conveniences, drafts, items, points, sheets, views

urlpatterns = [
    path("", views.city, name="catalogue"),
    path("admissions/", admissions.admissions, name="catalogue-admissions"),
    path("import/", sheets.import_, name="catalogue-import"),
    path("import/template.xlsx", sheets.template, name="catalogue-template"),
    path("drafts/", drafts.drafts, name="catalogue-drafts"),
    path("units/<str:organization>/", views.unit, name="catalogue-unit"),
    path("units/<str:organization>/items.xlsx", sheets.items, name="catalogue-items"),
    path("units/<str:organization>/points/", points.points, name="catalogue-points"),
    path("units/<str:organization>/conveniences/", conveniences.conveniences, name="catalogue-conveniences"),
    path("items/<str:item>/", items.item, name="catalogue-item"),
]
