"""What every way of telling somebody has in common: a message goes in, what became of it comes out.

A channel knows nothing of cases, cards and posts. It is told where to (``address``) and what, tries once, and says
whether the message went out, may be tried again, or is refused for good. Trying again, waiting and counting belong
to the sender (:mod:`qinzheng.notifications.telling`), so that every channel waits in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

State = Literal["sent", "later", "refused"]


@dataclass(frozen=True)
class Message:
    """One message to one address.

    ``id`` is the same at every attempt (the delivery's own, a UUID): receivers tell doubles by it. ``title`` is one
    line and holds nothing personal; ``text`` is plain text. ``address`` is what the channel sends to: a mail address,
    a mobile number, the name of a subscription; it is opened for this one attempt and never logged. ``template`` and
    ``arguments`` are for channels that send approved templates only (SMS): the gateway's template number, the
    values of its placeholders by name, and the signature under which it is sent. An ``urgent`` message does not wait for the end of quiet hours.
    """

    id: str
    title: str
    text: str
    address: str = field(repr=False)
    template: str = ""
    signature: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict, repr=False)
    urgent: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt.

    ``sent``: the other side took it over, ``provider_id`` is its own number for it (receipts name it). ``later``: not
    now; ``retry_after_s`` (seconds) is the other side's wish, if it had one. ``refused``: never, trying again is of
    no use. ``error`` is a code without personal data, such as ``smtp-550`` or ``timeout``.
    """

    state: State
    provider_id: str = ""
    error: str = ""
    retry_after_s: float | None = None


class Channel(Protocol):
    """A way of telling. ``send`` tries once, within its own time limit; a fault of the other side is an outcome, never
    an exception, and two threads may send at once.
    """

    def send(self, message: Message) -> Outcome: ...
