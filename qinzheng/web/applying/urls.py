"""The addresses of applying."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.applying import bulk, sending, views

urlpatterns = [
    path("", views.mine, name="applications"),
    path("bulk/<str:item>/", bulk.bulk, name="apply-bulk"),
    path("bulk/<str:item>/template.xlsx", bulk.template, name="apply-bulk-template"),
    path("<str:item>/", views.begin, name="apply"),
    path("drafts/<uuid:draft>/drop/", views.drop, name="apply-drop"),
    path("drafts/<uuid:draft>/receipt/", sending.receipt, name="apply-receipt"),
    path("drafts/<uuid:draft>/files/<str:material>/", views.file, name="apply-file"),
    path("drafts/<uuid:draft>/<str:step>/", views.step, name="apply-step"),
]
