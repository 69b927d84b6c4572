"""Items from a spreadsheet: the template, the differences that a file would make, and the file kept as drafts."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods, require_safe

from qinzheng.cases.attachments_checks import WrongFile
from qinzheng.definitions import shelf
from qinzheng.definitions.actions import NotPublishable
from qinzheng.definitions.form import Text
from qinzheng.mechanisms.catalogue import exporting, importing
from qinzheng.mechanisms.catalogue.importing import Report
from qinzheng.organizations.workbook import Unreadable
from qinzheng.web import language, reader
from qinzheng.web.calendars import today
from qinzheng.web.catalogue import door
from qinzheng.web.components import Link
from qinzheng.web.language import Language, pick
from qinzheng.web.uploads import content_of

TITLE = Text(zh="从表格导入事项", en="Items from a spreadsheet")
FILE, FILE_HELP = (
    Text(zh="文件", en="File"),
    Text(zh="xlsx 或 CSV，不超过 10 MB", en="xlsx or CSV, at most 10 MB"),
)
BEGINS = Text(zh="施行日（表中另写的除外）", en="In force from, where a row says nothing else")
KEPT = Text(
    zh="已存草稿 {} 件，由另一人发布后生效",
    en="{} draft(s) kept: they count once another person has published them",
)
KEEP = "keep"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportForm(forms.Form):
    """A file, and from when it counts."""

    def __init__(self, spoken: Language, data: QueryDict | None = None, files: MultiValueDict[str, object] | None = None) -> None:  # fmt: skip
        super().__init__(data, files, auto_id="import-%s")  # type: ignore[arg-type]
        self.fields["file"] = forms.FileField(
            label=pick(FILE, spoken), help_text=pick(FILE_HELP, spoken), allow_empty_file=True
        )
        self.fields["begins"] = forms.DateField(
            label=pick(BEGINS, spoken), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), initial=today
        )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@door.officials
def import_(request: HttpRequest) -> HttpResponse:
    """The form; sent, what the file says is shown, or kept as drafts. Nothing of the file itself is kept."""
    who, spoken = reader.of(request), language.of(request)
    units = door.drafts_for(who)
    if not units:
        raise Http404
    if request.method != "POST":
        return _page(request, ImportForm(spoken), None, 200)
    form = ImportForm(spoken, request.POST, request.FILES)  # type: ignore[arg-type]
    report: Report | None = None
    if form.is_valid():
        keep = request.POST.get("do") == KEEP
        try:
            content = content_of(form.cleaned_data["file"])
            report = importing.run(
                content,
                form.cleaned_data["begins"],
                today(),
                by=who.pseudonym,
                keep=keep,
                allowed=units.__contains__,
            )
        except (WrongFile, Unreadable) as why:
            form.add_error("file", why.zh if spoken == "zh" else why.en)
        except NotPublishable as why:
            form.add_error(None, str(why))
        else:
            if report.kept:
                messages.success(request, pick(KEPT, spoken).format(len(report.kept)))
                return redirect("catalogue-drafts")
    wrong = report is None or bool(report.faults)
    return _page(request, form, report, 422 if wrong else 200)


def _page(request: HttpRequest, form: ImportForm, report: Report | None, status: int) -> HttpResponse:
    context = {"title": TITLE, "form": form, "report": report, "crumbs": door.crumbs(Link(TITLE))}
    return render(request, "catalogue/import.html", context, status=status)


@require_safe
@door.officials
def items(request: HttpRequest, organization: str) -> HttpResponse:
    """The items of a unit as they stand, in the sheets of the import."""
    unit = door.unit_or_404(organization)
    listed = [each for each in shelf.library().standing("item", today()) if each.organization == unit.pk]
    return HttpResponse(
        exporting.workbook(listed), content_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="items-{unit.pk}.xlsx"'},
    )  # fmt: skip


@require_safe
@door.officials
def template(request: HttpRequest) -> HttpResponse:
    """The empty template."""
    return HttpResponse(
        importing.template(), content_type=XLSX, headers={"Content-Disposition": 'attachment; filename="items.xlsx"'}
    )  # fmt: skip
