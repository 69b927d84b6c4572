"""The API on one screen: its routers, its problems, its OpenAPI document at ``openapi.json`` (open to all)."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from qinzheng import __version__
from qinzheng.web.api import (
    acts,
    cases,
    catalogue,
    devices,
    door,
    feed,
    fees,
    ingest,
    problems,
    projects,
    ratings,
    shapes,
    webhooks,
)
from qinzheng.web.api.door import Shut


class Api(NinjaAPI):
    """Ninja's, whose document also says how failures look and which header a new act carries."""

    def get_openapi_schema(self, **more: Any) -> dict[str, Any]:  # type: ignore[override]
        """The OpenAPI 3.1 document."""
        document: dict[str, Any] = super().get_openapi_schema(**more)
        shape = shapes.Problem.model_json_schema()
        document["components"]["schemas"]["Problem"] = shape
        for methods in document["paths"].values():
            for operation in methods.values():
                operation["responses"]["default"] = FAILURE
                if operation["operationId"] in KEYED:
                    operation["parameters"].append(KEY_PARAMETER)
        return document


KEYED = ("open_case", "perform", "give_channel", "open_matter", "draw_ticket", "enter_fee")
"""The operations that carry a key."""
FAILURE = {
    "description": "Problem details (RFC 9457)",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
KEY_PARAMETER = {
    "in": "header", "name": door.KEY, "required": True, "schema": {"type": "string", "format": "uuid"},
    "description": "the id of the event; the same key and request are answered the same, another request is refused",
}  # fmt: skip

api = Api(
    title="勤政 Qinzheng",
    version=__version__,
    description=(
        "办件、时限、监察牌与账本事件；令牌放在 Authorization: Bearer；POST 行为须带 Idempotency-Key（UUID）；"
        "错误为 application/problem+json。 Cases, limits, cards and events of the ledger. Tokens go into Authorization: "
        "Bearer; a POST of an act carries Idempotency-Key (a UUID); failures are application/problem+json."
    ),
    urls_namespace="api",
    docs_url=None,
    auth=Shut(),
)
problems.register(api)
ENDPOINTS = (cases, acts, projects, catalogue, devices, feed, ingest, webhooks, ratings, fees)
"""The modules whose endpoints are on the router."""
api.add_router("", door.router)


@csrf_exempt
def lost(request: HttpRequest) -> HttpResponse:
    """What is not there, told as the rest of the API tells it."""
    return problems.answer(request, problems.not_found())


def told(pattern: Any) -> Any:
    """An endpoint that answers a wrong method as the rest of the API answers."""
    view = pattern.callback

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        found: HttpResponse = view(request, *args, **named)
        return (
            problems.answer(request, problems.wrong_method(found["Allow"]))
            if found.status_code == 405
            else found
        )

    pattern.callback = answer
    return pattern


patterns, application, namespace = api.urls
urlpatterns = [path("", ([told(each) for each in patterns], application, namespace)), re_path(".*", lost)]
