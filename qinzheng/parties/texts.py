"""Erasable text, such as what a caller said: sealed here, its reference in the ledger. Verbs of ``actions``."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import transaction

from qinzheng.parties import events, keys
from qinzheng.parties.models import SealedText
from qinzheng.parties.subjects import PartyRefused
from qinzheng.parties.vault import Sealed

LONGEST_TEXT = 100_000
"""Characters of a kept text (ours)."""


class NoSuchText(PartyRefused):
    """There is no such text, or it was erased."""


def keep_text(text: str, subject: str, *, by: str = "", organization: str = "") -> str:
    """Seal a text that belongs to a party or a case; its reference ``text:…``, which the ledger may hold."""
    clean = text.strip()
    if not clean or len(clean) > LONGEST_TEXT or "\x00" in clean:
        raise PartyRefused(
            f"文字不能为空，也不能超过 {LONGEST_TEXT} 字", f"the text is empty or longer than {LONGEST_TEXT} characters"
        )  # fmt: skip
    with transaction.atomic():
        kept = SealedText(id=f"text:{uuid.uuid4()}", subject=subject)
        kept.sealed, kept.key_wrapped, kept.commitment = keys.current(writing=True).seal(
            kept.pk, clean.encode()
        )
        kept.save(force_insert=True)
        events.recorded(
            events.event(
                events.TEXT_KEPT, kept.pk, by, organization, subject=subject, commitment=kept.commitment
            )
        )
    return kept.pk


def says(ref: str, text: str) -> bool:
    """Whether a kept text is this one; of one that was erased nobody can tell any more, so it is taken for the same.

    Leaves no trace: nothing is shown to anybody.
    """
    held = SealedText.objects.filter(pk=ref, erased_at=None).first()
    if held is None:
        return True
    sealed = Sealed(bytes(held.sealed), bytes(held.key_wrapped), held.commitment)
    return keys.current().open(ref, sealed).decode() == text.strip()


def erase_text(ref: str, *, by: str, organization: str = "") -> None:
    """Destroy a text and its key. Raises :class:`NoSuchText`."""
    with transaction.atomic():
        held = list(SealedText.objects.select_for_update().filter(pk=ref, erased_at=None))
        if not held:
            raise NoSuchText(f"没有文本 {ref}，或已删除", f"there is no text {ref}, or it was erased")
        destroy(held, by, organization)


def destroy(held: Sequence[SealedText], by: str, organization: str) -> None:
    """Destroy texts that the caller has locked."""
    done = events.record([events.event(events.TEXT_ERASED, text.pk, by, organization) for text in held])
    for text, appended in zip(held, done, strict=True):
        text.sealed, text.key_wrapped, text.commitment = b"", b"", ""
        text.erased_at = events.moment(appended)
    SealedText.objects.bulk_update(
        held, ["sealed", "key_wrapped", "commitment", "erased_at"], batch_size=1_000
    )
