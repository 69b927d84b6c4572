"""The log: nothing of what people wrote, one line an entry, whoever writes it and however it fails."""

import io
import json
import logging
import sys

import pytest
import structlog
from django.http import Http404, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from qinzheng.operations import logs

CANARIES = ("张三丰", "11010519491231002X", "13800138000")


def page(request):
    raise ValueError(f"{CANARIES[0]}\n{request.GET.get('id')}")


def missing(request, name):
    raise Http404(name)


def found(request, name):
    return HttpResponse(name)


urlpatterns = [path("fails/", page), path("missing/<str:name>/", missing), path("found/<str:name>/", found)]


@pytest.fixture
def written(monkeypatch):
    """What goes to the log, as lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


def without_canaries(lines):
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    assert [canary for canary in CANARIES if canary in text] == []
    return lines


@override_settings(ROOT_URLCONF=__name__)
def test_requests_are_logged_by_route_and_faults_by_place(written):
    client = Client(raise_request_exception=False)
    numbers = [
        client.get(f"/fails/?id={CANARIES[1]}")["X-Request-ID"],
        client.get(f"/missing/{CANARIES[0]}/?phone={CANARIES[2]}")["X-Request-ID"],
        client.get(f"/found/{CANARIES[2]}/", headers={"user-agent": CANARIES[0]})["X-Request-ID"],
        client.get(f"/nowhere/{CANARIES[0]}")["X-Request-ID"],
    ]
    lines = without_canaries(written())
    asked = [line for line in lines if line["event"] == "request"]
    assert [(line["route"], line["status"]) for line in asked] == [
        ("fails/", 500), ("missing/<str:name>/", 404), ("found/<str:name>/", 200), ("", 404),
    ]  # fmt: skip
    assert [line["request_id"] for line in asked] == numbers
    (fault,) = [line for line in lines if "fault" in line]
    assert fault["fault"] == "builtins.ValueError"
    assert fault["at"][-1].endswith(" page")
    assert {line["logger"] for line in lines} == {"qinzheng.web", "django.request"}
    assert fault["request_id"] == numbers[0]


def test_a_librarys_words_stay_out_and_nobody_writes_a_second_line(written):
    library = logging.getLogger("somebody.else")
    library.warning("user %s failed", CANARIES[0])
    library.warning(f"made ready: {CANARIES[0]}")
    structlog.get_logger("qinzheng.worker").error('x"}\r\n{"event": "forged"}\u2028\x85', case="case:1\n")
    lines = without_canaries(written())
    assert [line["event"] for line in lines][:1] == ["user %s failed"]
    assert len(lines) == 3
    assert lines[2]["event"] == 'x"}\r\n{"event": "forged"}\u2028\x85'


def test_an_exception_by_any_way_is_told_without_its_text(written):
    try:
        raise KeyError(CANARIES[0])
    except KeyError as why:
        structlog.get_logger("qinzheng.worker").exception("failed")
        logging.getLogger("somebody.else").error("failed", exc_info=why)
        logging.getLogger("somebody.else").error("failed", exc_info=sys.exc_info(), stack_info=True)
    lines = without_canaries(written())
    assert [line["fault"] for line in lines] == ["builtins.KeyError"] * 3


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize(
    ("proxies", "given", "taken"),
    [(1, "abcdef0123456789", True), (1, "x\ty", False), (0, "abcdef0123456789", False)],
)
def test_the_number_of_a_request_is_a_proxys_only_where_there_is_one(proxies, given, taken):
    with override_settings(PROXIES=proxies):
        answer = Client().get("/found/x/", headers={"x-request-id": given})
    assert (answer["X-Request-ID"] == given) is taken
