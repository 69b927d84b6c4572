"""Headers, error pages, the home, and what travels with every answer; without a browser."""

import json
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from config import files
from qinzheng.access.users import Seat, User
from qinzheng.cases.items import Sort
from qinzheng.web import assets, errors, headers, navigation, reader, style
from qinzheng.web.definitions import words
from qinzheng.web.portal import items

pytestmark = pytest.mark.django_db


def test_every_page_is_fenced_in(client: Client) -> None:
    for path in ("/", "/healthz", "/nowhere/", "/styleguide/"):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert "Cache-Control" in answer.headers


def test_pages_are_compressed_and_streams_are_not() -> None:
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})
    middleware = headers.CompressionMiddleware(lambda _: HttpResponse())
    page: Any = middleware.process_response(request, HttpResponse("字" * 1000))
    assert page.headers["Content-Encoding"] == "gzip"
    for kind in ("text/event-stream", "image/png", "application/zip"):
        stream = StreamingHttpResponse(iter(["字" * 1000]), content_type=kind)
        assert "Content-Encoding" not in middleware.process_response(request, stream).headers


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_what_went_wrong_is_said_with_the_remedy(language: str, status: int) -> None:
    request = RequestFactory().get("/")
    request.language = language  # type: ignore[attr-defined]
    request.resolver_match = SimpleNamespace(view_name="home")  # type: ignore[assignment]
    made = {
        400: lambda: errors.bad_request(request, SuspiciousOperation()),
        403: lambda: errors.forbidden(request, PermissionDenied()),
        404: lambda: errors.not_found(request),
        500: lambda: errors.failed(request),
    }[status]()
    wrong = errors.WRONG[status]
    assert made.status_code == status
    assert (wrong.title.zh if language == "zh" else wrong.title.en).replace(
        "'", "&#x27;"
    ) in made.content.decode()


def test_too_many_says_when_to_come_back() -> None:
    answer = errors.too_many(RequestFactory().get("/"), 90)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "90")
    assert "2 分钟" in answer.content.decode()


def test_a_failure_is_logged_under_the_number_that_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    request: HttpRequest = RequestFactory().get("/cases/?name=张三")
    page = errors.failed(request).content.decode()
    number = caplog.messages[0].split()[2]
    assert number in page
    assert "张三" not in caplog.text


def test_a_form_without_its_token_is_explained() -> None:
    answer = Client(enforce_csrf_checks=True).post("/", {"x": "1"})
    assert answer.status_code == 403
    assert "请再提交一次" in answer.content.decode()


def test_a_page_not_found_speaks_the_readers_language(client: Client) -> None:
    assert "There is no such page" in client.get("/nowhere/?lang=en").content.decode()
    assert "There is no such page" in client.get("/elsewhere/").content.decode(), "the choice is remembered"


def test_the_home_shows_nothing_that_is_not_there(client: Client) -> None:
    page = client.get("/?lang=zh").content.decode()
    assert "本周的数字还没有公布" in page
    assert "镇街名录还没有录入" in page
    assert items.found("路灯") == []


def test_what_is_asked_is_shown_escaped(client: Client) -> None:
    page = client.get("/", {"q": "<script>alert(1)</script>", "lang": "zh"}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_desks_that_a_reader_sees_are_those_of_the_roles() -> None:
    assert navigation.open_to(reader.ANONYMOUS, "/") == []
    clerk = User(account=1, kind="officer", seats=(Seat("p-1", "housing", frozenset({"clerk"})),))
    places = navigation.open_to(clerk, "/cases/new/")
    shown = ["My work", "New case", "Cases", "Cards", "Overview", "Drafts", "Mandates", "Channels"]
    assert [place.name.en for place in places[:8]] == shown
    more = ["Catalogue", "Service network", "Ratings", "Reporting"]
    assert [place.name.en for place in places[8:]] == more
    assert [place.name.en for place in places if place.here] == ["New case"]
    citizen = User(account=2, kind="citizen", parties=frozenset({"party:1"}))
    of_citizen = [place.name.en for place in navigation.open_to(citizen, "/")]
    assert of_citizen == ["New case", "Cases", "Drafts", "Appointments"]


def test_one_sheet_holds_every_component_and_its_address_changes_with_it(client: Client) -> None:
    sheet = assets.style()
    assert sheet.startswith("@layer tokens, base, layout, components, print;")
    for path in assets.sheets():
        assert assets.COMMENT.sub("", path.read_text(encoding="utf-8")).strip() in sheet
    assert files.digest() in client.get("/").content.decode()
    assert client.get(f"/style/{style.DIGEST}.css").content.decode() == sheet


def test_healthz_is_json_for_machines(client: Client) -> None:
    answer = client.get("/healthz")
    assert json.loads(answer.content)["ready"] is False
    assert answer.headers["Cache-Control"].startswith("max-age=0")


def test_every_sort_of_item_has_its_words() -> None:
    assert set(words.SORTS) == set(get_args(Sort))
