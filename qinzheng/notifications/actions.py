"""What a reader does: notices marked as read, and an officer's own address kept or taken away."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet

from qinzheng.notifications.models import Contact, Notice
from qinzheng.notifications.telling import MOBILE
from qinzheng.organizations.models import Person
from qinzheng.parties import actions as parties
from qinzheng.parties import fields
from qinzheng.parties.codes import WrongCode

WAYS = ("mail", "sms")


def mark_read(rows: QuerySet[Notice], at: dt.datetime) -> int:
    """Mark notices that the rules let the reader mark; the moment of the first reading stays. Returns how many."""
    return Notice.objects.filter(pk__in=list(rows.values_list("pk", flat=True)), read_at=None).update(
        read_at=at
    )


def checked(way: str, value: str) -> str:
    """An address in its normal form. Raises :class:`~qinzheng.parties.codes.WrongCode`."""
    if way == "mail":
        return fields.email(value)
    found = fields.phone(value)
    if not MOBILE.fullmatch(found):
        raise WrongCode("短信只发往 11 位手机号", "short messages go to mobile numbers of 11 digits")
    return found


@transaction.atomic
def keep_contact(person: str, way: str, value: str, by: str) -> None:
    """Keep where an officer is told, sealed; an empty value takes it away. The former one is destroyed."""
    Person.objects.select_for_update().get(pk=person)
    former = Contact.objects.filter(person=person, way=way).first()
    if former is not None:
        parties.erase_text(former.text, by=by)
        former.delete()
    if value:
        kept = parties.keep_text(checked(way, value), f"person:{person}", by=by)
        Contact.objects.create(person_id=person, way=way, text=kept)
