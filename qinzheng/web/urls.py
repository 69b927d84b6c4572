"""The map of the site on one screen."""

from __future__ import annotations

from django.urls import include, path

from qinzheng.web import errors, health, sms, style
from qinzheng.web.applying import checking, files
from qinzheng.web.cases import many, opening, receipt
from qinzheng.web.cases import views as cases
from qinzheng.web.definitions import views as definitions
from qinzheng.web.ledger import views as ledger
from qinzheng.web.network import views as network
from qinzheng.web.operating import views as operating
from qinzheng.web.organizations import views as organizations
from qinzheng.web.portal import holding, items, progress, report
from qinzheng.web.portal import views as portal
from qinzheng.web.reporting import views as reporting
from qinzheng.web.styleguide import views as styleguide
from qinzheng.web.supervision import openings
from qinzheng.web.supervision import views as supervision

urlpatterns = [
    path("", portal.home, name="home"),
    path("progress/", progress.progress, name="progress"),
    path("progress/acts/", holding.act, name="progress-acts"),
    path("progress/files/", holding.supply, name="progress-files"),
    path("progress/complaint/", holding.complain, name="progress-complaint"),
    path("report/", report.report, name="report"),
    path("items/", items.items, name="items"),
    path("items/<str:item>/", items.item, name="item"),
    path("", include("qinzheng.web.guide.urls")),
    path("organizations/", organizations.tree, name="organizations"),
    path("organizations/<str:organization>/", organizations.unit, name="organization"),
    path("", include("qinzheng.web.papers.urls")),
    path("", include("qinzheng.web.ratings.urls")),
    path("", include("qinzheng.web.fees.urls")),
    path("", include("qinzheng.web.accounts.urls")),
    path("work/", cases.work, name="work"),
    path("work/acts/", many.act, name="work-acts"),
    path("work/views/", cases.saved_views, name="saved-views"),
    path("cases/", cases.cases, name="cases"),
    path("cases/new/", opening.items, name="new-case"),
    path("cases/new/<str:what>/", opening.open_one, name="open-case"),
    path("cases/<str:number>/", cases.case, name="case"),
    path("cases/<str:number>/acts/", cases.act, name="case-acts"),
    path("cases/<str:number>/receipt/", receipt.issue, name="receipt"),
    path("cases/<str:number>/files/", files.supply, name="case-files"),
    path("cases/<str:number>/materials/", checking.check, name="case-materials"),
    path("files/<uuid:file>/", files.give, name="file"),
    path("files/<uuid:file>/drop/", files.drop, name="file-drop"),
    path("matters/", include("qinzheng.web.matters.urls")),
    path("channels/", include("qinzheng.web.channels.urls")),
    path("apply/", include("qinzheng.web.applying.urls")),
    path("", include("qinzheng.web.windows.urls")),
    path("cases/<str:number>/people/", cases.people, name="case-people"),
    path("cases/<str:number>/openings/", openings.ask, name="ask-opening"),
    path("openings/", openings.openings, name="openings"),
    path("openings/<int:opening>/", openings.approve, name="approve-opening"),
    path("cards/", supervision.cards, name="cards"),
    path("cards/<str:card>/", supervision.card, name="card"),
    path("definitions/sources/<str:source>/<str:number>/", definitions.article, name="article"),
    path("definitions/rules/<str:rule>/<str:edition>/", definitions.rule, name="rule"),
    path("definitions/procedures/<str:procedure>/", definitions.procedure, name="procedure"),
    path("definitions/procedures/<str:procedure>/bpmn", definitions.procedure_bpmn, name="procedure-bpmn"),
    path("patterns/", include("qinzheng.web.patterns.urls")),
    path("notices/", include("qinzheng.web.notices.urls")),
    path("network/", network.network, name="network"),
    path("reporting/", reporting.show, name="reporting"),
    path("catalogue/", include("qinzheng.web.catalogue.urls")),
    path("wall/", include("qinzheng.web.wall.urls")),
    path("overview/", include("qinzheng.web.overview.urls")),
    path("ledger/events/<uuid:event>/", ledger.event, name="event"),
    path("api/v1/", include("qinzheng.web.api.urls")),
    path("sms/receipts/", sms.pushed, name="sms-receipts"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", operating.metrics, name="metrics"),
    path("admin/health/", operating.show, name="health"),
    path("styleguide/", styleguide.show, name="styleguide"),
    path("styleguide/errors/<int:status>/", styleguide.error, name="styleguide-error"),
    path("styleguide/wall/", styleguide.wall, name="styleguide-wall"),
    path("styleguide/print/", styleguide.paper, name="styleguide-print"),
    path(f"style/{style.DIGEST}.css", style.sheet, name="style"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.failed
