"""The verbs of drafts: begin, read, save, drop, expire. What is said in one is sealed at rest; no event tells of it.

Saving names the version that was read; where another device saved meanwhile, nothing is overwritten and
:class:`Elsewhere` says so.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace

from django.db import transaction

from qinzheng.cases import attachments
from qinzheng.cases.guide import Guide
from qinzheng.mechanisms.applying.models import Draft
from qinzheng.parties import events, keys
from qinzheng.parties.vault import Sealed

DAYS = 30
"""After so many days without a save a draft is destroyed (ours)."""
MOST_BYTES = 400_000
MOST_OF_OWNER = 50
TABLE = Draft._meta.db_table
WITH, LATER, SHARED, PROMISED, ROW = "with", "later", "shared", "promised", "row"
"""How a material comes: with the application, supplied later (容缺), from the organization that has it, a promise in its
place (告知承诺); a form to fill in, as the row of a firm's sheet."""


class DraftRefused(Exception):
    """What was asked of a draft cannot be done: why and what to do, in two languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


class Elsewhere(DraftRefused):
    """Another device saved meanwhile."""


@dataclass(frozen=True)
class Content:
    """What a draft says: answers on the situation, the form as typed, how each material comes."""

    situations: dict[str, list[str]] = field(default_factory=dict)
    answered: bool = False
    form: dict[str, list[str]] = field(default_factory=dict)
    town: str = ""
    ways: dict[str, str] = field(default_factory=dict)

    def way(self, guide: Guide, material: str) -> str:
        """How a material comes: as chosen where the item allows it, else with the application."""
        described = guide.materials[material]
        if described.shared_from is not None:
            return SHARED if self.ways.get(material) != WITH else WITH
        if described.promise is not None and self.ways.get(material) == PROMISED:
            return PROMISED
        return LATER if described.later and self.ways.get(material) == LATER else WITH


def begin(owner: str, party: str, item: str, *, post: str = "") -> Draft:
    """A new draft, or the one that this writer has for the same party and item."""
    with transaction.atomic():
        mine = Draft.objects.filter(owner=owner, case=None)
        held = mine.filter(party=party, item=item, post=post).first()
        if held is not None:
            return held
        if mine.count() >= MOST_OF_OWNER:
            raise DraftRefused(
                f"草稿不能超过 {MOST_OF_OWNER} 份：请先提交或删去一些",
                f"there are {MOST_OF_OWNER} drafts already: send or delete some first",
            )
        keys.prepare()
        made = Draft(id=f"draft:{uuid.uuid4()}", owner=owner, party=party, item=item, post=post)
        _put(made, Content())
        made.save(force_insert=True)
        return made


def read(draft: Draft) -> Content:
    """What it says. Empty once it was sent."""
    if not draft.key_wrapped:
        return Content()
    sealed = Sealed(bytes(draft.sealed), bytes(draft.key_wrapped), draft.commitment)
    return Content(**json.loads(keys.current().open(draft.pk, sealed)))


def save(draft: Draft, version: int, **changed: object) -> Content:
    """Write what changed over the version that was read. Raises :class:`Elsewhere`, :class:`DraftRefused`."""
    with transaction.atomic():
        held = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
        if held.case_id is not None:
            raise DraftRefused("这份申请已经提交", "this application was sent already")
        if held.version != version:
            raise Elsewhere(
                "这份草稿刚在另一处（另一台设备或另一个窗口）改过。您刚填的还在下面，核对后再按一次即以此为准",
                "this draft was changed elsewhere just now (another device or window). What you typed is below: check it, "
                "press once more and it counts",
            )
        content = replace(read(held), **changed)  # type: ignore[arg-type]
        held.version += 1
        _put(held, content)
        held.save()
    draft.refresh_from_db()
    return content


def _put(draft: Draft, content: Content) -> None:
    plain = json.dumps(asdict(content), ensure_ascii=False).encode()
    if len(plain) > MOST_BYTES:
        raise DraftRefused("填写的内容过长，请精简", "too much was written: shorten it")
    draft.sealed, draft.key_wrapped, draft.commitment = keys.current(writing=True).seal(draft.pk, plain)
    draft.saved_at = events.clock()
    draft.expires_at = draft.saved_at + dt.timedelta(days=DAYS)


def empty(draft: Draft) -> None:
    """What a sent draft said stands in its case from now on; here its key is destroyed. The caller saves it."""
    draft.sealed, draft.key_wrapped, draft.commitment = b"", b"", ""


def drop(draft: Draft, by: str = "") -> None:
    """Destroy a draft and its files; one that was sent is left to its case."""
    with transaction.atomic():
        held = Draft.objects.select_for_update(of=("self",)).filter(pk=draft.pk, case=None).first()
        if held is None:
            return
        attachments.drop(attachments.of(draft=held.pk).select_related("original", "view"), by)
        held.delete()


def expire(most: int = 100) -> int:
    """A duty: destroy drafts that nobody touched for :data:`DAYS` days. How many."""
    due = list(Draft.objects.filter(case=None, expires_at__lte=events.clock()).order_by("expires_at")[:most])
    for each in due:
        drop(each)
    return len(due)


def erase_of(parties: Collection[str], by: str, organization: str) -> None:
    """The drafts of parties that are erased; their files are erased with all others."""
    Draft.objects.filter(party__in=parties, case=None).delete()
