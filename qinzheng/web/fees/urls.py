"""Addresses of fees."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.fees import views

urlpatterns = [
    path("cases/<str:number>/fees/", views.fees, name="case-fees"),
    path("cases/<str:number>/fees/<int:serial>/", views.receipt, name="fee-receipt"),
]
