"""Mail by SMTP. The subject line is the notice's title, which holds nothing personal; the body has the words and a link.

What the server says decides: 5xx at the recipient or the message is final, everything else is for later: a wrong
password, a full disk and a server that is away are the operator's to mend, and no reason to lose a message.
"""

from __future__ import annotations

import smtplib
import ssl
from email.utils import formatdate

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from qinzheng.notifications.channels import Message, Outcome

BACKEND = "django.core.mail.backends.smtp.EmailBackend"
PERMANENT = range(500, 600)


class Mail:
    """The channel ``mail``: Django's SMTP backend with the settings of the environment."""

    def send(self, message: Message) -> Outcome:
        """One attempt. The message's number is its Message-ID: a repeated one is known as such."""
        number = f"<{message.id}@{settings.MAIL_DOMAIN}>"
        mail = EmailMessage(
            subject=message.title, body=message.text, from_email=settings.DEFAULT_FROM_EMAIL, to=[message.address],
            headers={"Message-ID": number, "Date": formatdate(), "Auto-Submitted": "auto-generated"},
        )  # fmt: skip
        try:
            with get_connection(BACKEND, fail_silently=False) as smtp:
                smtp.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as why:
            code = next(iter(why.recipients.values()))[0]
            return Outcome("refused" if code in PERMANENT else "later", error=f"smtp-{code}")
        except (smtplib.SMTPSenderRefused, smtplib.SMTPAuthenticationError, smtplib.SMTPHeloError) as why:
            return Outcome("later", error=f"smtp-{why.smtp_code}")  # ours to mend, whoever the recipient is
        except smtplib.SMTPDataError as why:
            return Outcome(
                "refused" if why.smtp_code in PERMANENT else "later", error=f"smtp-{why.smtp_code}"
            )
        except smtplib.SMTPException as why:
            return Outcome("later", error=type(why).__name__)
        except ssl.SSLError:
            return Outcome("later", error="tls")
        except TimeoutError:
            return Outcome("later", error="timeout")
        except OSError:
            return Outcome("later", error="no-connection")
        except ValueError:
            return Outcome("refused", error="bad-address")  # line breaks in a header, an address that is none
        return Outcome("sent", provider_id=number)
