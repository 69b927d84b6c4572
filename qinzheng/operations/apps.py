"""Plugs the packages together when Django is ready."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Django calls ``ready`` once all models are there."""

    name = "qinzheng.operations"

    def ready(self) -> None:
        # The one upward reference: the list of plugs stands at the top, and Django starts from below.
        import_module("qinzheng.plugged")
