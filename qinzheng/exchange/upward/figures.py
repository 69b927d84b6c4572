"""What reporting upward says of itself in figures: for Prometheus and for the page of health. Nobody's data."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from qinzheng.exchange.upward import deployment, reconciling
from qinzheng.exchange.upward.models import Packet, Record

WORDS = {
    "qinzheng_upward_late_packets": "Packets that nobody has answered within the declared limit.",
    "qinzheng_upward_unanswered_packets": "Packets that wait for an answer.",
    "qinzheng_upward_open_records": "Records rejected or held back, to be mended.",
}


def figures() -> Iterator[Metric]:
    """Three sums over all reports, each answered by an index."""
    late = sum(reconciling.late(each).count() for each in deployment.reports())
    values = (
        late, Packet.objects.filter(answered_at=None).count(), Record.objects.filter(state__in=("rejected", "held")).count()
    )  # fmt: skip
    for (name, words), value in zip(WORDS.items(), values, strict=True):
        yield GaugeMetricFamily(name, words, value=float(value))
