"""What is plugged into what when the database is there: kinds of editions, and the projectors of a case.

Imported once by ``qinzheng.operations.apps`` when Django is ready; the commands that need no database
(``qinzheng.wiring``) never load it.
"""

from __future__ import annotations

from django.conf import settings

from qinzheng import wiring
from qinzheng.access import accounts, guard
from qinzheng.access import replay as access_replay
from qinzheng.cases import about, attachments, choosing
from qinzheng.cases import actions as cases
from qinzheng.cases.models import SealedFile
from qinzheng.definitions import actions as definitions
from qinzheng.definitions import replay as definitions_replay
from qinzheng.definitions import shelf
from qinzheng.exchange.bpmn import writing as bpmn_writing
from qinzheng.exchange.upward import figures as upward_figures
from qinzheng.exchange.upward import models as upward_models
from qinzheng.exchange.upward import reconciling as upward_reconciling
from qinzheng.exchange.upward import repairing as upward_repairing
from qinzheng.exchange.upward import replay as upward_replay
from qinzheng.exchange.upward.duty import once as report_upward
from qinzheng.ledger import projections, recount
from qinzheng.mechanisms.applying import drafts
from qinzheng.mechanisms.channels import giving as channels
from qinzheng.mechanisms.errands import taking as errands
from qinzheng.mechanisms.joining import opinions
from qinzheng.mechanisms.matters import handling as matters
from qinzheng.mechanisms.promises import checking as promises
from qinzheng.mechanisms.windows import booking as appointments
from qinzheng.mechanisms.windows import calling as queues
from qinzheng.mechanisms.windows import replay as windows_replay
from qinzheng.notifications import mail, quiet, receipts, recipients, telling, text_messages, webhooks
from qinzheng.operations import doctor, duties, figures, worker
from qinzheng.organizations import book as organizations
from qinzheng.organizations import replay as organizations_replay
from qinzheng.parties import codes, keys, rights
from qinzheng.parties import replay as parties_replay
from qinzheng.supervision import live, programs, refold, replay
from qinzheng.web import health
from qinzheng.web.api import feed
from qinzheng.web.definitions import views as definition_pages
from qinzheng.web.operating import views as operating
from qinzheng.web.reporting import views as upward_page

shelf.set_kinds(wiring.KINDS)
cases.PROJECTORS[:] = [live.project]
cases.FOLLOWING[:] = [matters.ended, channels.ended]
choosing.FLAGGED[:] = [channels.flagged]
definitions.ON_PUBLISH[:] = [shelf.expire, programs.forget]
projections.PROJECTIONS[:] = [
    *definitions_replay.PROJECTIONS,
    *organizations_replay.PROJECTIONS,
    *parties_replay.PROJECTIONS,
    *replay.PROJECTIONS,
    *access_replay.PROJECTIONS,
    *upward_replay.PROJECTIONS,
    *windows_replay.PROJECTIONS,
]
projections.CHECKS[:] = [
    recount.check,
    definitions_replay.check,
    refold.check,
    access_replay.check,
    upward_replay.check,
]
organizations.CODE_CHECKS.update(code=codes.check_enterprise_code, division_code=codes.check_division_code)
worker.DUTIES[:] = [*duties.DUTIES, worker.Duty("upward", 5.0, report_upward)]
definition_pages.BPMN[:] = [bpmn_writing.write]
upward_page.WORKLIST[:] = [lambda which, words: upward_repairing.worklist(which, words=words)]
upward_page.STANDINGS[:] = [upward_reconciling.standings]
operating.FIGURES[:] = [figures.figures, upward_figures.figures]
recipients.GUARDS[:] = [guard.may_learn]
recipients.READERS[:] = [guard.pseudonyms]
doctor.QUESTIONS[:] = [health.migrations, health.definitions, health.city]
keys.SEALED.extend(upward_models.SEALED)
keys.SEALED.append(webhooks.SECRETS)
webhooks.FEEDS[:] = [feed.pushed]
telling.QUIET[:] = [quiet.until]
if settings.EMAIL_HOST:
    telling.CHANNELS["mail"] = mail.Mail()
telling.CHANNELS["webhook"] = webhooks.Hook()
if (sms := text_messages.channel()) is not None:
    telling.CHANNELS["sms"] = sms
worker.DUTIES += [
    worker.Duty("webhooks", 1.0, webhooks.deliver),
    worker.Duty("sms-receipts", 30.0, receipts.fetch),
]
worker.DUTIES.append(worker.Duty("sessions", 3600.0, accounts.clear_sessions))
keys.SEALED += [SealedFile._meta.db_table, drafts.TABLE]
rights.ERASES[:] = [attachments.erase_of, drafts.erase_of]
worker.DUTIES += [
    worker.Duty("scanning", 20.0, attachments.scan_waiting),
    worker.Duty("drafts", 600.0, drafts.expire),
    worker.Duty("appointments", 30.0, appointments.remind),
    worker.Duty("queues", 600.0, queues.end_days),
]
cases.FOLLOWING += [errands.came_back, promises.ended, promises.noted]
cases.FOLLOWING.append(opinions.follow)
about.PROMISING[:] = [promises.trusted]
