"""What the system says of itself: figures for the machine that may ask, health with remedies for administrators."""

import datetime as dt
import threading

import pytest
from django.http import Http404
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from qinzheng.access.users import User
from qinzheng.cases import actions as cases
from qinzheng.cases.models import Case
from qinzheng.ledger import sequencer
from qinzheng.operations import duties as worker_duties
from qinzheng.operations import worker
from qinzheng.operations.models import Heartbeat
from qinzheng.web.operating import views
from tests.flows.test_live import CLERK

TOKEN = {"HTTP_AUTHORIZATION": "Bearer a-token-of-the-monitoring"}


def test_behind_a_proxy_only_the_token_counts():
    """Then everybody comes from this machine."""
    request = RequestFactory().get("/metrics")
    with override_settings(METRICS_TOKEN="", PROXIES=0):
        assert views.may_scrape(request)
    with override_settings(METRICS_TOKEN="", PROXIES=1):
        assert not views.may_scrape(request)


def asked():
    """The figures by name and labels."""
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


@pytest.mark.django_db(transaction=True)
def test_the_figures_are_those_of_the_tables(published):
    case = cases.open_case("letters.reply", "submit", CLERK, {}).case
    before = asked()
    assert before["qinzheng_open_cases",] == 1
    assert before["qinzheng_sequencer_backlog",] > 2
    assert before["qinzheng_overdue_mark_seconds",] == 0
    waiting = before["qinzheng_sequencer_backlog",]
    sequencer.sequence_all()
    cases.open_case("letters.reply", "submit", CLERK, {})
    Case.objects.filter(pk=case).update(due_at=timezone.now() - dt.timedelta(hours=1))
    Heartbeat.objects.create(
        duty="tick",
        ran_at=timezone.now(),
        runs=3,
        moved=2,
        faults=1,
        fault="BadKey",
        faulted_at=timezone.now(),
    )
    after = asked()
    assert after["qinzheng_ledger_events",] == waiting
    assert after["qinzheng_sequencer_backlog",] == 2
    assert 3600 <= after["qinzheng_overdue_mark_seconds",] < 3600 + 600
    assert (after["qinzheng_duty_runs_total", "tick"], after["qinzheng_duty_moved_total", "tick"]) == (3, 2)
    assert ("qinzheng_duty_fault_age_seconds", "tick", "BadKey") in after


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        ("", {}, 200),
        ("", {"REMOTE_ADDR": "::1"}, 200),
        ("", {"REMOTE_ADDR": "203.0.113.7"}, 404),
        ("", {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 404),
        ("", {"REMOTE_ADDR": ""}, 404),
        ("a-token-of-the-monitoring", {}, 404),
        ("a-token-of-the-monitoring", {"HTTP_AUTHORIZATION": "Bearer wrong"}, 404),
        ("a-token-of-the-monitoring", {"HTTP_AUTHORIZATION": "Basic a-token-of-the-monitoring"}, 404),
        ("a-token-of-the-monitoring", {**TOKEN, "REMOTE_ADDR": "203.0.113.7"}, 200),
    ],
)
def test_figures_are_for_this_machine_or_the_bearer_of_the_token(token, given, status):
    with override_settings(METRICS_TOKEN=token):
        assert Client().get("/metrics", **given).status_code == status


def page(power, **more):
    request = RequestFactory().get("/admin/health/", **more)
    request.reader = User(account=1, kind="administrator", power=power)  # type: ignore[attr-defined]
    return views.show(request)


@pytest.mark.django_db
def test_an_administrator_reads_what_stands_still_and_the_remedy():
    with pytest.raises(Http404):
        page("")
    assert "qinzheng worker" in page("system").content.decode()
    now = timezone.now()
    Heartbeat.objects.create(duty="tick", ran_at=now - dt.timedelta(minutes=5), runs=1)
    Heartbeat.objects.create(duty="checkpoint", ran_at=now, runs=1, faults=2, fault="BadKey", faulted_at=now)
    shown = page("audit").content.decode()
    assert "停顿" in shown
    assert "qinzheng doctor" in shown


@pytest.mark.django_db
def test_every_duty_and_figure_has_its_words():
    assert {duty.name for duty in worker.DUTIES} == set(views.DUTIES)
    for duty in worker.DUTIES:  # at rest it does not look as if it stood still
        assert views.LATE_S.get(duty.name, views.LATE_OTHERWISE_S) > 1.5 * duty.every_s, duty.name
    assert set(worker_duties.DUTIES) <= set(worker.DUTIES)
    whole = {metric.name for ask in views.FIGURES for metric in ask() if not metric._labelnames}  # type: ignore[attr-defined]
    assert whole == set(views.WORDS)


@pytest.mark.django_db(transaction=True)
def test_a_duty_that_fails_is_noted_by_kind_and_tried_again(transactional_db):
    """Run in this process: a fault, then what the next run moved."""
    stop, tries = threading.Event(), []

    def do():
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("what a person wrote")
        stop.set()
        return 5

    worker.run([worker.Duty("tick", 0.01, do)], stop)
    kept = Heartbeat.objects.get(duty="tick")
    assert (kept.faults, kept.fault, kept.moved, kept.runs) == (1, "ValueError", 5, 1)
