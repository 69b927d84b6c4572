"""The straight way of an act: token, key and body are read, and the rest is one transaction.

Ninja declares these endpoints as all others (their rule, their document, their failures); what it does between a request
and its view is done here in a few steps, since it is a third of what an act costs. The view settles who asks together with
the case that it is about (:mod:`qinzheng.cases.doors`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_type_hints

from django.http import HttpRequest, HttpResponse
from ninja import Status
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel
from pydantic import ValidationError as Invalid

JSON = "application/json; charset=utf-8"


def straight(run: Any) -> Callable[..., HttpResponse]:
    """Instead of Ninja's own run (by ``decorate_view``) of a view that takes ``request, response, new`` and its path."""
    operation = run.__self__
    (rule,) = operation.auth_callbacks
    shape: type[BaseModel] = get_type_hints(operation.view_func)["new"]

    def answer(request: Any, **path: str) -> HttpResponse:
        try:
            request.rule, request.shown = rule, rule.shown(request)
            try:
                new = _body(shape, request)
            except Exception:
                rule.enter(request.shown)  # who may not ask is told so first
                raise
            response = HttpResponse(content_type=JSON)
            said = operation.view_func(request, response, new=new, **path)
        except Exception as why:
            told: HttpResponse = operation.api.on_exception(request, why)
            return told
        if isinstance(said, Status):
            response.status_code, said = said.status_code, said.value
        response.content = json.dumps(said)
        return response

    return answer


def _body(shape: type[BaseModel], request: HttpRequest) -> BaseModel:
    try:
        given = json.loads(request.body)
    except Exception:
        raise HttpError(400, "Cannot parse request body") from None
    try:
        return shape.model_validate(given)
    except Invalid as why:
        raise ValidationError(
            [{**each, "loc": ("body", "new", *each["loc"])} for each in why.errors()]
        ) from None
