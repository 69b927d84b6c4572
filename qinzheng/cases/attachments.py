"""The verbs of files: take one in, put a draft's to its case, open one, erase them. The only writers of attachments.

A file passes every gate before it is kept: size, number and quota, kind by content, scanner, for images the making anew. Kept
are the original (evidence: it may say where and when a picture was taken) and, of an image, what is given out. Both are
sealed under keys of their own; the ledger holds the salted hash of the original and no name. See ADR 0031.
"""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum

from qinzheng.cases import attachments_checks as checks
from qinzheng.cases import attachments_images as images
from qinzheng.cases import attachments_places as naming
from qinzheng.cases import attachments_storage as storage
from qinzheng.cases import attachments_virus as virus
from qinzheng.cases.attachments_checks import WrongFile
from qinzheng.cases.models import Attachment, Case, SealedFile
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent
from qinzheng.parties import events as party_events
from qinzheng.parties import keys, texts
from qinzheng.parties.models import SealedText
from qinzheng.parties.vault import Sealed

ATTACHED, OPENED, ERASED = "files.attached", "files.opened", "files.erased"
"""No events of the case: nothing that is measured or judged follows from them. Their subject is the file."""
MOST_OF_CASE, BYTES_OF_CASE = 60, 200 * 1024 * 1024
BYTES_OF_PARTY = 500 * 1024 * 1024
"""What a party may keep in drafts; what belongs to a case counts for the case (all ours)."""
log = logging.getLogger("qinzheng.cases")


class Opened(NamedTuple):
    """A file as it is given out."""

    content: bytes
    type: str
    name: str


def take(
    name: str, content: bytes, *, party: str, material: str, by: str, draft: str = "", case: Case | None = None,
    allowed: Collection[str] = checks.ORDINARY,
) -> Attachment:  # fmt: skip
    """Take a file in for a draft or a case. Raises :class:`WrongFile`; then nothing was kept."""
    known = checks.check(name, content, allowed)
    _check_room(party, draft, case, len(content))
    waiting = False
    try:
        virus.scan(content)
    except virus.NotScanned:
        waiting = True
    view = images.remade(content) if known.kind in checks.IMAGES else None
    keys.prepare()
    with _kept_or_gone() as places:
        # The store may be far: the bytes go there before the transaction begins, and nobody waits for a lock meanwhile.
        blobs = [_stored(each, places) for each in (content, view) if each is not None]
        with transaction.atomic():
            _alone(party)
            _check_room(party, draft, case, len(content))  # two at once are counted one after the other
            original, shown = (*map(_sealed, blobs), None)[:2]
            made = Attachment(
                id=f"file:{uuid.uuid4()}", party=party, draft=draft, case=case, material=material, kind=known.kind,
                size=len(content), waiting=waiting, added_at=party_events.clock(),
                name=texts.keep_text(known.name, party, by=by), original=original, view=shown,
            )  # fmt: skip
            made.save(force_insert=True)
            if case is not None:
                _record([made], case, by)
    return made


def of(*, draft: str = "", case: Case | None = None) -> QuerySet[Attachment]:
    """The files of a draft or of a case, the oldest first."""
    whose = Q(case=case) if case is not None else Q(draft=draft, case=None)
    return Attachment.objects.filter(whose, erased_at=None).order_by("added_at", "pk")


def attach(draft: str, case: Case, by: str) -> int:
    """Put the files of a draft to the case that came of it; how many. In the caller's transaction."""
    held = list(of(draft=draft).select_for_update(of=("self",)).select_related("original"))
    for each in held:
        each.case = case
    Attachment.objects.bulk_update(held, ["case"])
    _record(held, case, by)
    return len(held)


def names(held: Iterable[Attachment]) -> dict[str, str]:
    """The names of files, for whoever may open them; "" where it was erased. Leaves no trace: it names no content."""
    by_text = {each.name: each.pk for each in held}
    vault = keys.current()
    found = dict.fromkeys(by_text.values(), "")
    for row in SealedText.objects.filter(pk__in=by_text, erased_at=None):
        sealed = Sealed(bytes(row.sealed), bytes(row.key_wrapped), row.commitment)
        found[by_text[row.pk]] = vault.open(row.pk, sealed).decode()
    return found


def open_(held: Attachment, reader: str, organization: str = "") -> Opened:
    """A file as it is given out; an event with who read it. Raises :class:`WrongFile` while it may not be given out."""
    if held.erased_at is not None:
        raise WrongFile("文件已删除", "the file was erased")
    if held.waiting:
        raise WrongFile("文件还没有查毒，暂不能下载", "the file was not scanned yet and cannot be had")
    with _reached():
        content = opened(held.view or held.original)
    with transaction.atomic():
        body = {"case": held.case_id} if held.case_id else {}
        ledger.append(
            [NewEvent(type=OPENED, subject=held.pk, body=body, actor=reader, organization=organization)]
        )
    return Opened(content, checks.TYPES[held.kind], names([held])[held.pk] or f"file.{held.kind}")


def drop(held: Iterable[Attachment], by: str = "", organization: str = "") -> None:
    """Destroy files with their keys and names; the bytes go once the transaction holds."""
    with transaction.atomic():
        gone = [each for each in held if each.erased_at is None]
        now = party_events.clock()
        for each in gone:
            for blob in filter(None, (each.original, each.view)):
                blob.key_wrapped, blob.commitment = b"", ""
                blob.save(update_fields=["key_wrapped", "commitment"])
                transaction.on_commit(_dropping(blob.place))
            each.erased_at = now
            each.save(update_fields=["erased_at"])
        named = SealedText.objects.select_for_update().filter(
            pk__in=[each.name for each in gone], erased_at=None
        )
        texts.destroy(list(named), by, organization)
        if gone:
            ledger.append(
                [
                    NewEvent(type=ERASED, subject=each.pk, body={}, actor=by, organization=organization)
                    for each in gone
                ]
            )


def erase_of(subjects: Collection[str], by: str, organization: str) -> None:
    """Erase every file of these parties: they asked for it (个人信息保护法 47)."""
    held = Attachment.objects.filter(party__in=subjects, erased_at=None)
    drop(held.select_related("original", "view"), by, organization)


def scan_waiting(most: int = 50) -> int:
    """A duty: scan what waits, the oldest first. What is found infected is destroyed. How many left the queue."""
    if not virus.wanted():
        return 0
    moved = 0
    for pk in (
        Attachment.objects.filter(waiting=True, erased_at=None)
        .order_by("added_at")
        .values_list("pk", flat=True)[:most]
    ):
        with transaction.atomic():
            rows = Attachment.objects.select_for_update(skip_locked=True, of=("self",))
            held = rows.filter(pk=pk, waiting=True, erased_at=None).select_related("original", "view").first()
            if held is None:
                continue
            try:
                virus.scan(opened(held.original))
            except virus.NotScanned:
                return moved
            except WrongFile:
                drop([held])
            else:
                held.waiting = False
                held.save(update_fields=["waiting"])
            moved += 1
    return moved


# -- within ---------------------------------------------------------------------------------------------


def _check_room(party: str, draft: str, case: Case | None, size: int) -> None:
    held = of(draft=draft, case=case)
    whole = held.aggregate(whole=Sum("size"))["whole"] or 0
    if held.count() >= MOST_OF_CASE or whole + size > BYTES_OF_CASE:
        raise WrongFile(
            f"一件申请最多 {MOST_OF_CASE} 个文件、{BYTES_OF_CASE // 1024**2} MB：请删去不需要的",
            f"at most {MOST_OF_CASE} files and {BYTES_OF_CASE // 1024**2} MB an application: take out what is not needed",
        )
    drafts = Attachment.objects.filter(party=party, case=None, erased_at=None)
    if case is None and (drafts.aggregate(whole=Sum("size"))["whole"] or 0) + size > BYTES_OF_PARTY:
        raise WrongFile(
            "草稿中的文件太多：请先提交或删去一些草稿",
            "too much is kept in drafts: send or delete some of them first",
        )


def _alone(party: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"files:{party}"])


@contextlib.contextmanager
def _kept_or_gone() -> Iterator[list[str]]:
    """The places written meanwhile; where the transaction fails their bytes are taken away."""
    places: list[str] = []
    try:
        yield places
    except BaseException:
        for place in places:
            _gone(place)
        raise


def _stored(content: bytes, places: list[str]) -> SealedFile:
    """Bytes sealed and kept; the row that opens them is not written yet."""
    id, place = f"blob:{uuid.uuid4()}", naming.new()
    sealed = keys.current().seal(id, content)
    places.append(place)
    with _reached():
        storage.store().keep(place, sealed.sealed)
    return SealedFile(id=id, place=place, key_wrapped=sealed.key_wrapped, commitment=sealed.commitment)


def _sealed(blob: SealedFile) -> SealedFile:
    """The row, its key under the master in force at its commit: a rotation may have begun since it was sealed."""
    blob.key_wrapped = keys.current(writing=True).rewrap(blob.pk, bytes(blob.key_wrapped))
    blob.save(force_insert=True)
    return blob


def opened(blob: SealedFile) -> bytes:
    """The plain bytes. Raises :class:`OSError` for the store, :class:`~qinzheng.parties.vault.VaultClosed` for the key or damage."""
    sealed = storage.store().get(blob.place)
    return keys.current().open(blob.pk, Sealed(sealed, bytes(blob.key_wrapped), blob.commitment))


@contextlib.contextmanager
def _reached() -> Iterator[None]:
    """What a store cannot do, in words for whoever gave or asked for a file; the log says it to whoever keeps the store."""
    try:
        yield
    except FileNotFoundError:
        log.error("a file is missing from the store: see qinzheng files check")
        raise WrongFile(
            "这个文件在存储中找不到，已记录，请联系办理单位或管理员",
            "this file is missing from the store; it was noted: ask the office that handles the case",
        ) from None
    except OSError as why:
        log.error("the store of files cannot be used: %s", why)
        raise WrongFile(
            "文件存储暂时不可用，请过几分钟再试；已填写的内容都在",
            "files can be neither kept nor given just now: try again in some minutes; what you filled in is safe",
        ) from None


def _gone(place: str) -> None:
    """Bytes whose key is gone, or never was: where the store cannot forget them now, ``qinzheng files check`` finds them."""
    try:
        storage.store().drop(place)
    except OSError as why:
        log.warning("bytes without a key stay in the store: %s", why)


def _dropping(place: str) -> Callable[[], None]:
    return lambda: _gone(place)


def _record(held: Iterable[Attachment], case: Case, by: str) -> None:
    events = [
        NewEvent(
            type=ATTACHED, subject=each.pk, actor=by,
            body={"case": case.pk, "material": each.material, "kind": each.kind, "size": each.size,
                  "commitment": each.original.commitment},
        )
        for each in held
    ]  # fmt: skip
    if events:
        ledger.append(events)
