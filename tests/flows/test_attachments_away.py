"""A store that cannot be used: nothing is kept by halves, whoever uploads is told to come back, whoever keeps it is told why."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from qinzheng.cases import attachments
from qinzheng.cases import attachments_storage as storage
from qinzheng.cases.attachments_checks import WrongFile
from qinzheng.cases.attachments_places import Away
from qinzheng.cases.models import Attachment, SealedFile
from qinzheng.operations import doctor
from qinzheng.parties import actions as parties
from tests import objects, uploads
from tests.objects import Objects

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = "http://127.0.0.1:9"


def taken(party: str) -> Attachment:
    return attachments.take(
        "a.jpg", uploads.picture(), party=party, material="identity", by="a-tests", draft="draft:1"
    )


@pytest.fixture
def party() -> str:
    return parties.register("citizen", {"name": "欧阳试金"}, by="tests").pk


@pytest.fixture(params=["nobody listens", "a wrong secret", "no such bucket", "a full disk"])
def broken(request: pytest.FixtureRequest, settings: Any, tmp_path: Path, object_store: Objects) -> str:
    """Each way in which a store may be away, and a word of what the log then says."""
    settings.FILES = f"s3://{objects.BUCKET}/away"
    settings.S3 = object_store.settings()
    if request.param == "nobody listens":
        settings.S3 = object_store.settings(endpoint=NOBODY)
        return "EndpointConnectionError"
    if request.param == "a wrong secret":
        settings.S3 = object_store.settings(secret="another secret of the same length, or not")
        return "SignatureDoesNotMatch"
    if request.param == "no such bucket":
        settings.FILES = "s3://no-such-bucket"
        return "NoSuchBucket"
    (tmp_path / "a file, no folder").write_text("")
    settings.FILES = str(tmp_path / "a file, no folder" / "files")
    return "Not a directory"


def test_nothing_is_kept_by_halves(party: str, broken: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(WrongFile, match="暂时不可用"):
        taken(party)
    assert broken in caplog.text
    assert not Attachment.objects.exists()
    assert not SealedFile.objects.exists()


def test_what_was_kept_is_not_lost_while_the_store_is_away(
    party: str, settings: Any, object_store: Objects
) -> None:
    settings.FILES, settings.S3 = f"s3://{objects.BUCKET}/back", object_store.settings()
    held = taken(party)
    settings.S3 = object_store.settings(endpoint=NOBODY)
    with pytest.raises(WrongFile, match="暂时不可用"):
        attachments.open_(held, "p-reader")
    settings.S3 = object_store.settings()
    assert attachments.open_(held, "p-reader").name == "a.jpg"
    settings.S3 = object_store.settings(endpoint=NOBODY)
    attachments.drop([held])
    assert Attachment.objects.get(pk=held.pk).erased_at is not None
    assert bytes(SealedFile.objects.get(pk=held.original_id).key_wrapped) == b""


def test_the_doctor_says_what_is_wrong_with_the_store(broken: str, settings: Any) -> None:
    finding = doctor._files()
    assert finding.verdict == "bad"
    assert broken in finding.zh
    assert str(settings.FILES) in finding.en


@pytest.mark.parametrize(
    "told", [{"endpoint": ""}, {"endpoint": "ftp://x"}, {"key": ""}, {"secret": ""}, {"style": "both"}]
)
def test_a_store_that_is_not_told_whole_is_refused_with_what_is_missing(
    settings: Any, told: dict[str, str]
) -> None:
    whole = {"endpoint": NOBODY, "region": "us-east-1", "key": "k", "secret": "s", "style": "path"}
    settings.FILES, settings.S3 = "s3://bucket", {**whole, **told}
    with pytest.raises(Away, match="QINZHENG_S3_ENDPOINT"):
        storage.store()
    settings.FILES, settings.S3 = "s3:///prefix", whole
    with pytest.raises(Away, match="s3://bucket"):
        storage.store()
