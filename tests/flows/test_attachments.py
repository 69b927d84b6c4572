"""Files are kept sealed, scanned, given to nobody unscanned, and gone with the party that they belong to: in any store."""

from __future__ import annotations

import base64
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from qinzheng.cases import attachments
from qinzheng.cases import attachments_checks as checks
from qinzheng.cases import attachments_moving as moving
from qinzheng.cases import attachments_places as places
from qinzheng.cases import attachments_storage as storage
from qinzheng.cases.attachments_checks import WrongFile
from qinzheng.cases.models import Attachment
from qinzheng.ledger import queries as ledger
from qinzheng.parties import actions as parties
from qinzheng.parties import keys, vault
from tests import objects, uploads
from tests.objects import Objects

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "欧阳试金的身份证.jpg"


@pytest.fixture(autouse=True, params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> str:
    """A store of the test's own: a folder, or what lies below a prefix of a bucket."""
    if request.param == "bucket":
        there: Objects = request.getfixturevalue("object_store")
        settings.FILES, settings.S3 = f"s3://{objects.BUCKET}/{tmp_path.name}", there.settings()
    else:
        settings.FILES = str(tmp_path / "files")
    return str(settings.FILES)


@pytest.fixture
def party() -> str:
    return parties.register("citizen", {"name": "欧阳试金"}, by="tests").pk


def take(party: str, name: str = NAME, content: bytes = b"", **more: Any) -> Attachment:
    given: dict[str, Any] = {"material": "identity", "by": "a-tests", "draft": "draft:1", **more}
    return attachments.take(name, content or uploads.picture(), party=party, **given)


def kept() -> list[bytes]:
    store = storage.store()
    return [store.get(each.place) for each in store.kept()]


def test_a_picture_is_kept_twice_sealed_and_given_out_without_its_place(party: str, place: str) -> None:
    held = take(party)
    files = kept()
    assert len(files) == 2
    for each in files:
        for secret in (uploads.PLACE.encode(), b"\xff\xd8\xff", NAME.encode()):
            assert secret not in each
    if not place.startswith(storage.S3):
        paths = [each for each in Path(place).rglob("*") if each.is_file()]
        assert {each.stat().st_mode & 0o777 for each in paths} == {0o600}
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


def test_what_is_refused_leaves_nothing(party: str) -> None:
    for name, content in (
        ("a.png", uploads.png_of(30_000, 30_000)),
        ("a.jpg", b"<html>"),
        ("a.jpg", b"\xff\xd8\xff"),
    ):
        with pytest.raises(WrongFile):
            take(party, name, content)  # fmt: skip
    assert kept() == []
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


def test_what_the_scanner_finds_is_not_kept(party: str, settings: Any) -> None:
    with uploads.scanner() as (address, given):
        settings.CLAMD = address
        clean = uploads.pdf(b"0" * 200_000)
        held = take(party, "a.pdf", clean)
        assert given == [clean]
        assert not held.waiting
        with pytest.raises(WrongFile, match="病毒"):
            take(party, "b.pdf", uploads.pdf(uploads.EICAR))
    assert Attachment.objects.count() == 1
    assert len(kept()) == 1


def test_without_an_answer_of_the_scanner_nothing_is_given_out(
    party: str, settings: Any, tmp_path: Path
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
    assert len(kept()) == 1


def test_files_are_gone_with_their_party(party: str) -> None:
    held = take(party)
    other = take(parties.register("citizen", {"name": "司徒旁观"}, by="tests").pk)
    parties.erase(party, "purpose_achieved", by="p-officer")
    held.refresh_from_db()
    assert held.erased_at is not None
    assert len(kept()) == 2
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


def test_no_place_of_the_store_leads_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    for name in ("../secret", "..", "a" * 47, "A" * 48, "", "/etc/hostname"):
        with pytest.raises(FileNotFoundError):
            storage.store().get(name)


def test_every_kind_has_its_type() -> None:
    assert set(checks.TYPES) == {*checks.ORDINARY, *checks.OFFICE} == set(checks.EXTENSIONS.values())


def test_a_store_keeps_gives_lists_and_forgets(tmp_path: Path) -> None:
    store, place = storage.store(), places.new()
    with pytest.raises(FileNotFoundError):
        store.get(place)
    store.drop(place)
    for content in (b"", b"first", bytes(range(256)) * 4096):
        store.keep(place, content)
        assert store.get(place) == content
        assert list(store.kept()) == [(place, len(content))]
    for _ in range(2):
        store.drop(place)
        assert list(store.kept()) == []


def test_a_key_changed_between_sealing_and_writing_still_opens_the_file(
    party: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes go to the store before the transaction: the row is wrapped under the key that then is in force."""
    take(party)
    former = str(settings.MASTER_KEY)
    stored = attachments._stored

    def then_rotate(content: bytes, given: list[str]) -> Any:
        made = stored(content, given)
        if len(given) == 1:
            settings.MASTER_KEY = f"{base64.b64encode(b'another key of the tests, 32 B..').decode()},{former}"
            keys.rotate("tests")
        return made

    monkeypatch.setattr(attachments, "_stored", then_rotate)
    held = take(party)
    settings.MASTER_KEY = settings.MASTER_KEY.partition(",")[0]
    assert attachments.open_(held, "p-reader").name == NAME


def test_what_the_store_lacks_and_what_nothing_opens_is_found(party: str) -> None:
    store = storage.store()
    lost, gone = take(party), take(parties.register("citizen", {"name": "司徒旁观"}, by="tests").pk)
    stray = places.new()
    store.keep(stray, b"an upload that was cut off")
    attachments.drop([gone])
    store.keep(gone.original.place, b"what could not be dropped then")
    found = moving.standing(store)
    assert (found.wanted, found.missing) == (2, [])
    assert [each.place for each in found.erased] == [gone.original.place]
    assert [each.place for each in found.unknown] == [stray]
    assert lost.view is not None
    store.drop(lost.view.place)
    store.keep(lost.original.place, b"what somebody put in its place")
    assert moving.standing(store).missing == [lost.view.place]
    assert list(moving.damaged()) == [lost.original.place]
    with pytest.raises(WrongFile, match="存储中找不到"):
        attachments.open_(lost, "p-reader")


def test_files_go_to_another_store_under_their_names(party: str, tmp_path: Path) -> None:
    held = take(party)
    source, target = storage.store(), storage.Folder(tmp_path / "elsewhere")
    made = moving.copy(moving.wanted(), source, target)
    assert sorted(made.digests) == moving.wanted()
    assert made.moved == sum(each.size for each in source.kept())
    assert sorted(target.kept()) == sorted(source.kept())
    again = moving.copy(moving.wanted(), source, target)
    assert (again.digests, again.missing) == ({}, [])
    source.drop(held.original.place)
    target.drop(held.original.place)
    assert moving.copy(moving.wanted(), source, target).missing == [held.original.place]
    assert moving.still_wanted([held.original.place, places.new()]) == [held.original.place]
