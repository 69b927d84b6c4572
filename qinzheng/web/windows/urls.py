"""The addresses of the window."""

from __future__ import annotations

from django.urls import path

from qinzheng.web.windows import appointments, desk, display, intake, register

urlpatterns = [
    path("windows/", desk.show, name="windows"),
    path("windows/acts/", desk.act, name="window-acts"),
    path("windows/intake/", intake.intake, name="intake"),
    path("windows/register/", register.show, name="queues"),
    path("points/<str:point>/display/", display.show, name="queue-display"),
    path("points/<str:point>/book/", appointments.book, name="book"),
    path("appointments/", appointments.mine, name="appointments"),
    path("appointments/<uuid:appointment>/", appointments.one, name="appointment"),
    path("appointments/<uuid:appointment>/calendar.ics", appointments.calendar, name="appointment-calendar"),
]
