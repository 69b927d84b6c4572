"""Files are kept sealed, scanned, given to nobody unscanned, and gone with the party that they belong to."""

from __future__ import annotations

import base64
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from qinzheng.cases import attachments
from qinzheng.cases import attachments_checks as checks
from qinzheng.cases import attachments_storage as storage
from qinzheng.cases.attachments_checks import WrongFile
from qinzheng.cases.models import Attachment
from qinzheng.ledger import queries as ledger
from qinzheng.parties import actions as parties
from qinzheng.parties import keys, vault
from tests import uploads

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "欧阳试金的身份证.jpg"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.FILES = str(tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture
def party() -> str:
    return parties.register("citizen", {"name": "欧阳试金"}, by="tests").pk


def take(party: str, name: str = NAME, content: bytes = b"", **more: Any) -> Attachment:
    given: dict[str, Any] = {"material": "identity", "by": "a-tests", "draft": "draft:1", **more}
    return attachments.take(name, content or uploads.picture(), party=party, **given)


def kept(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


def test_a_picture_is_kept_twice_sealed_and_given_out_without_its_place(party: str, folder: Path) -> None:
    held = take(party)
    files = kept(folder)
    assert len(files) == 2
    for each in files:
        assert each.stat().st_mode & 0o777 == 0o600
        for secret in (uploads.PLACE.encode(), b"\xff\xd8\xff", NAME.encode()):
            assert secret not in each.read_bytes()
    given = attachments.open_(held, "p-reader")
    assert (given.type, given.name) == ("image/jpeg", NAME)
    assert uploads.PLACE.encode() not in given.content
    vault_ = keys.current()
    blob = held.original
    whole = vault_.open(
        blob.pk, vault.Sealed(storage.store().get(blob.place), bytes(blob.key_wrapped), blob.commitment)
    )
    assert uploads.PLACE.encode() in whole
    assert [event.type for event in ledger.history(held.pk)] == [attachments.OPENED]


def test_nothing_that_a_dump_or_the_ledger_shows_names_anybody(party: str) -> None:
    take(party)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(a)::text FROM cases_attachment a UNION ALL SELECT body::text FROM ledger_event"
        )
        shown = " ".join(row[0] for row in cursor.fetchall())  # fmt: skip
    assert "欧阳" not in shown
    assert "身份证" not in shown


def test_what_is_refused_leaves_nothing(party: str, folder: Path) -> None:
    for name, content in (
        ("a.png", uploads.png_of(30_000, 30_000)),
        ("a.jpg", b"<html>"),
        ("a.jpg", b"\xff\xd8\xff"),
    ):
        with pytest.raises(WrongFile):
            take(party, name, content)  # fmt: skip
    assert kept(folder) == []
    assert not Attachment.objects.exists()


def test_there_is_room_for_so_much_and_no_more(party: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MOST_OF_CASE", 2)
    take(party)
    take(party, draft="draft:2")
    failed: list[str] = []

    def again() -> None:
        try:
            take(party)
        except WrongFile as why:
            failed.append(why.zh)
        finally:
            connection.close()

    threads = [threading.Thread(target=again) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == 2
    assert attachments.of(draft="draft:1").count() == 2
    monkeypatch.setattr(attachments, "BYTES_OF_PARTY", 100)
    with pytest.raises(WrongFile, match="草稿中的文件太多"):
        take(party, draft="draft:3")


def test_what_the_scanner_finds_is_not_kept(party: str, folder: Path, settings: Any) -> None:
    with uploads.scanner() as (address, given):
        settings.CLAMD = address
        clean = uploads.pdf(b"0" * 200_000)
        held = take(party, "a.pdf", clean)
        assert given == [clean]
        assert not held.waiting
        with pytest.raises(WrongFile, match="病毒"):
            take(party, "b.pdf", uploads.pdf(uploads.EICAR))
    assert Attachment.objects.count() == 1
    assert len(kept(folder)) == 1


def test_without_an_answer_of_the_scanner_nothing_is_given_out(
    party: str, folder: Path, settings: Any, tmp_path: Path
) -> None:
    settings.CLAMD = str(tmp_path / "nobody.sock")
    clean, ill = take(party, "a.pdf", uploads.pdf()), take(party, "b.pdf", uploads.pdf(uploads.EICAR))
    for held in (clean, ill):
        assert held.waiting
        with pytest.raises(WrongFile, match="还没有查毒"):
            attachments.open_(held, "p-reader")
    assert attachments.scan_waiting() == 0
    with uploads.scanner() as (address, _):
        settings.CLAMD = address
        assert attachments.scan_waiting() == 2
    clean.refresh_from_db()
    ill.refresh_from_db()
    assert attachments.open_(clean, "p-reader").content == uploads.pdf()
    assert ill.erased_at is not None
    assert len(kept(folder)) == 1


def test_files_are_gone_with_their_party(party: str, folder: Path) -> None:
    held = take(party)
    other = take(parties.register("citizen", {"name": "司徒旁观"}, by="tests").pk)
    parties.erase(party, "purpose_achieved", by="p-officer")
    held.refresh_from_db()
    assert held.erased_at is not None
    assert len(kept(folder)) == 2
    with pytest.raises(WrongFile, match="已删除"):
        attachments.open_(held, "p-reader")
    assert bytes(held.original.key_wrapped) == b""
    assert attachments.names([held]) == {held.pk: ""}
    assert attachments.open_(other, "p-reader").name == NAME


def test_files_open_after_the_master_key_was_changed(party: str, settings: Any) -> None:
    held = take(party)
    former = str(settings.MASTER_KEY)
    settings.MASTER_KEY = f"{base64.b64encode(b'another key of the tests, 32 B..').decode()},{former}"
    keys.rotate("tests")
    settings.MASTER_KEY = settings.MASTER_KEY.partition(",")[0]
    held = Attachment.objects.select_related("original", "view").get(pk=held.pk)
    assert attachments.open_(held, "p-reader").name == NAME


def test_no_place_of_the_store_leads_out_of_it(folder: Path) -> None:
    folder.mkdir()
    (folder.parent / "secret").write_text("x")
    for place in ("../secret", "..", "a" * 47, "A" * 48, "", "/etc/hostname"):
        with pytest.raises(FileNotFoundError):
            storage.store().get(place)


def test_every_kind_has_its_type() -> None:
    assert set(checks.TYPES) == {*checks.ORDINARY, *checks.OFFICE} == set(checks.EXTENSIONS.values())
