"""The tables of reporting upward, under the name of the layer that they belong to."""

from __future__ import annotations

from django.apps import AppConfig


class UpwardConfig(AppConfig):
    """Its label is that of the layer, so that the test of foreign keys knows where it stands."""

    name = "qinzheng.exchange.upward"
    label = "exchange"
