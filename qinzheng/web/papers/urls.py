"""Addresses of papers. None holds anything personal."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.papers import blank, served, verify, views

urlpatterns = [
    path("cases/<str:number>/papers/", views.papers, name="papers"),
    path("cases/<str:number>/papers/new/<str:paper>/", views.new, name="new-paper"),
    path("cases/<str:number>/papers/<int:serial>/", views.paper, name="paper"),
    path("cases/<str:number>/papers/<int:serial>/<str:form>/", views.download, name="paper-file"),
    path("papers/<uuid:event>/", verify.paper, name="verify-paper"),
    path("progress/papers/", served.paper, name="served-paper"),
    path("items/<str:item>/forms/<str:paper>/<str:form>/", blank.form, name="blank-form"),
]
