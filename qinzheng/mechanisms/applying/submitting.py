"""Sending a draft: what is still missing, and the one transaction in which it becomes a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import transaction

from qinzheng.cases import attachments
from qinzheng.cases.acts import Done
from qinzheng.cases.guide import Guide, Material
from qinzheng.cases.models import Attachment, Case
from qinzheng.ledger import actions as ledger
from qinzheng.ledger import envelope
from qinzheng.ledger.envelope import NewEvent
from qinzheng.mechanisms.applying import drafts
from qinzheng.mechanisms.applying.drafts import LATER, PROMISED, SHARED, WITH, Content, Elsewhere
from qinzheng.mechanisms.applying.models import Application, Draft

SUBMITTED = "applications.submitted"
"""No event of the case: which material came how, and whether somebody sent it on behalf of the applicant."""


@dataclass(frozen=True)
class Paper:
    """One material of this application: what is asked, how it comes, the files that were given."""

    key: str
    material: Material
    way: str
    files: list[Attachment]

    @property
    def missing(self) -> bool:
        """Whether it should have come with the application and did not."""
        return self.way == WITH and not self.files

    @property
    def later(self) -> bool:
        """Whether it is supplied later."""
        return self.way == LATER

    @property
    def shared(self) -> bool:
        """Whether an organization has it."""
        return self.way == SHARED

    @property
    def promised(self) -> bool:
        """Whether the applicant promises in its place."""
        return self.way == PROMISED


def papers(guide: Guide, draft: Draft, content: Content) -> list[Paper]:
    """The materials wanted in this situation, as they stand."""
    held = list(attachments.of(draft=draft.pk))
    return [
        Paper(
            key, material, content.way(guide, key), [each for each in held if each.material == key]
        )
        for key, material in guide.materials_for(content.situations).items()
    ]  # fmt: skip


def unanswered(guide: Guide, content: Content) -> list[str]:
    """The questions on the situation that have no answer yet."""
    return [key for key in guide.situations if not content.situations.get(key)]


def submit(
    draft: Draft, version: int, guide: Guide, by: str, organization: str, open_: Callable[[], Done]
) -> Case:
    """Make the draft a case: opened by ``open_``, its files put to it, its key destroyed. All or nothing, and once.

    ``version`` is what was checked and agreed to. Sent again, it is the same case. Raises what ``open_`` raises,
    and :class:`~qinzheng.mechanisms.applying.drafts.Elsewhere`.
    """  # fmt: skip
    with transaction.atomic():
        held = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
        if held.case_id is not None:
            return Case.objects.get(pk=held.case_id)
        if held.version != version:
            raise Elsewhere(
                "这份草稿刚在另一处改过：下面是现在的内容，请核对后再提交",
                "this draft was changed elsewhere: below is what it says now; check it and send it again",
            )
        content = drafts.read(held)
        ways = {each.key: each.way for each in papers(guide, held, content)}
        case = Case.objects.get(pk=open_().case)
        attachments.attach(held.pk, case, by)
        subject = f"application:{held.pk.removeprefix('draft:')}"
        note(case, subject, held.item, ways, by=by, organization=organization, post=held.post)
        drafts.empty(held)
        held.case = case
        held.save()
    return case


def note(
    case: Case, subject: str, item: str, ways: dict[str, str], *, by: str, organization: str = "", post: str = "",
    bulk: bool = False,
) -> None:  # fmt: skip
    """Note how the materials of a case that was just opened come: the event, and what the window checks them by."""
    body = {"case": case.pk, "item": item, "materials": materials(ways), "on_behalf": bool(post)}
    more = {"bulk": True} if bulk else {}
    event = NewEvent(
        type=SUBMITTED, subject=subject, actor=by, organization=organization, body={**body, **more}, id=envelope.uuid7(),
    )  # fmt: skip
    ledger.append([event])
    Application.objects.create(case=case, event=str(event.id), ways=ways, on_behalf=post)


def materials(ways: Mapping[str, str]) -> list[dict[str, str]]:
    """How each comes, as the event says it. A list: a material may be called what no key of a body may be (``identity``)."""
    return [{"material": material, "way": way} for material, way in ways.items()]


def supplied(case: Case, guide: Guide) -> list[Paper]:
    """The materials of a case as the window checks them: as sent, or all that the item asks where it came on paper."""
    found = Application.objects.filter(case=case).first()
    held = list(attachments.of(case=case))
    ways = found.ways if found is not None else {
        key: SHARED if each.shared_from else WITH for key, each in guide.materials.items()
    }  # fmt: skip
    return [
        Paper(key, material, ways[key], [each for each in held if each.material == key])
        for key, material in guide.materials.items()
        if key in ways
    ]
