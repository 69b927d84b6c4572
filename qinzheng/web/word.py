"""The signed word of a page that a receipt opened: for half an hour it opens that one case, so the secret is not kept in a page."""

from __future__ import annotations

from django.core import signing
from django.http import HttpRequest

from qinzheng.cases.models import Case

SALT = "receipt.word"
LASTS_S = 30 * 60


def given(case: Case) -> str:
    """The word that goes into the forms of the page."""
    return signing.dumps(case.pk, salt=SALT)


def case_of(request: HttpRequest) -> Case | None:
    """The case whose page sent the form; None where the word is not ours or has run out."""
    try:
        id = signing.loads(request.POST.get("word", ""), salt=SALT, max_age=LASTS_S)
    except signing.BadSignature:
        return None
    return Case.objects.filter(pk=id).first()
