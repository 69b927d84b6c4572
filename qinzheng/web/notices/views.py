"""The pages of notices. Each asks the rules anew: whoever has lost a post, or may no longer open a case, sees nothing of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qinzheng.access import rules
from qinzheng.access.models import Account
from qinzheng.access.users import User
from qinzheng.cases.models import Case
from qinzheng.definitions.form import Text
from qinzheng.notifications import actions, queries, writing
from qinzheng.notifications.models import Notice
from qinzheng.supervision.models import Card
from qinzheng.web import language, reader
from qinzheng.web.components import Choice, Filter, State, Table
from qinzheng.web.language import pick
from qinzheng.web.notices import paging
from qinzheng.web.notices.forms import ContactForm

TITLE, CONTACTS = Text(zh="通知", en="Notices"), Text(zh="通知方式", en="How you are told")
SAVED = Text(zh="已保存", en="Saved")
ALL_AT_ONCE = 1_000
MARKED = Text(zh="已全部标为已读", en="All are marked as read")
SHOWN = (("unread", Text(zh="未读", en="unread")),)
EMPTY = State("empty", Text(zh="没有通知", en="No notices"),
              Text(zh="有事时会出现在这里。", en="What concerns you will stand here."))  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One notice as the page shows it."""

    row: Notice
    title: Text
    text: Text
    because: Text
    edition: str
    opens: bool


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What the reader was told, the newest first; ``?show=unread`` for those it has not read."""
    who = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    if not rules.can(who, "notices"):
        raise Http404
    show = "unread" if request.GET.get("show") == "unread" else ""
    try:
        page = paging.page(who, request.GET, unread=bool(show))
    except paging.WrongCursor:
        return redirect("notices")
    chosen = [Choice(value, name, value == show) for value, name in SHOWN]
    table = Table(
        TITLE, (), (), filters=[Filter("show", Text(zh="显示", en="Show"), chosen)],
        following=page.following, preceding=page.preceding,
    )  # fmt: skip
    lines = [_line(row) for row in page.rows]
    context = {
        "table": table, "lines": lines, "empty": EMPTY, "title": TITLE, "some_unread": any(l.row.read_at is None for l in lines),
        "contacts": rules.can(who, "contacts"), "layout": _layout(who), "query": request.GET.urlencode(),
    }  # fmt: skip
    return render(request, "notices/list.html", context)


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell alone, asked again when the window is looked at again."""
    if reader.of(request).is_anonymous:
        raise Http404
    return render(request, "components/bell.html")


@require_safe
def open_one(request: HttpRequest, notice: int) -> HttpResponse:
    """Go to what the notice is about; it counts as read. Messages outside the pages link here."""
    who = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    row = _one(who, notice)
    _mark(who, Notice.objects.filter(pk=row.pk))
    return redirect(_target(who, row) or reverse("notices"))


@require_POST
def mark_one(request: HttpRequest, notice: int) -> HttpResponse:
    """Mark one as read."""
    who = reader.of(request)
    row = _one(who, notice)
    _mark(who, Notice.objects.filter(pk=row.pk))
    return _back(request)


@require_POST
def mark_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read that the reader may see."""
    who = reader.of(request)
    if not rules.can(who, "notices"):
        raise Http404
    told, edge = rules.recipients_of(who), None
    while window := queries.newest(told, unread=True, after=edge, most=ALL_AT_ONCE):
        actions.mark_read(Notice.objects.filter(pk__in=paging.visible(who, window)), timezone.now())
        edge = window[-1][0]
    messages.success(request, pick(MARKED, language.of(request)))
    return _back(request)


@require_http_methods(["GET", "HEAD", "POST"])
def contacts(request: HttpRequest) -> HttpResponse:
    """Where the reader is told besides the page: its own work mail and mobile number."""
    who = reader.of(request)
    if who.is_anonymous:
        return redirect(f"{reverse('login')}?next={request.path}")
    person = Account.objects.filter(pk=who.account).values_list("person", flat=True).first()
    if not rules.can(who, "contacts") or person is None:
        raise Http404
    spoken = language.of(request)
    kept = {way: bool(queries.contact(person, way)) for way in actions.WAYS}
    form = ContactForm(spoken, kept, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        for way, value in form.chosen():
            actions.keep_contact(person, way, value, who.pseudonym)
        messages.success(request, pick(SAVED, spoken))
        return redirect("notice-contacts")
    context = {"title": CONTACTS, "form": form}
    return render(request, "notices/contacts.html", context, status=422 if form.is_bound else 200)


def _mark(who: User, rows: QuerySet[Notice]) -> int:
    return actions.mark_read(rules.scope(who, "mark", rows), timezone.now())


def _one(who: User, notice: int) -> Notice:
    row = rules.scope(who, "see", Notice.objects.filter(pk=notice)).first()
    if row is None:
        raise Http404
    return row


def _line(row: Notice) -> Line:
    said = writing.written(row)
    return Line(row, said.title, said.text, said.definition.name, row.edition[:12], bool(row.subject))


def _target(who: User, row: Notice) -> str:
    """The card, the case or the openings that a notice is about; nothing where there is no page of it."""
    if row.about.startswith("card:"):
        card = row.about.removeprefix("card:")
        if rules.scope(who, "see", Card.objects.filter(pk=card)).exists():
            return reverse("card", args=[card])
    if row.subject.startswith("opening:"):
        return reverse("openings")
    return _case(row)


def _case(row: Notice) -> str:
    number = Case.objects.filter(pk=row.subject).values_list("number", flat=True).first()
    return reverse("case", args=[number]) if number else ""


def _layout(who: User) -> str:
    """Citizens read in the public layout, everybody in office at the desk."""
    return "layouts/desk.html" if who.seats or who.power else "layouts/public.html"


def _back(request: HttpRequest) -> HttpResponse:
    """The page of notices as it was; with htmx its list alone is taken from it."""
    query = request.POST.get("query", "")[:400]
    kept = "&".join(
        part for part in query.split("&") if part.partition("=")[0] in ("show", "after", "before")
    )
    return redirect(reverse("notices") + (f"?{kept}" if kept else ""))
