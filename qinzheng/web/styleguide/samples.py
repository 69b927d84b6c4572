"""Invented material for the style guide: it says on every page that it is a sample, and touches no database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django import forms

from qinzheng.calendars.calendar import Calendar
from qinzheng.clocks.machine import APPLICANT, DEPARTMENT, NOBODY, THIRD_PARTY
from qinzheng.definitions.form import Text
from qinzheng.supervision import ruler
from qinzheng.web import calendars
from qinzheng.web.components import (
    Badge,
    Bars,
    Card,
    Choice,
    Column,
    Event,
    Filter,
    Lineage,
    Link,
    Proof,
    Row,
    Stat,
    State,
    Table,
)  # fmt: skip
from qinzheng.web.templatetags.shell import Due

NOW = "2026-11-25 10:40"
ARTICLE = Link(Text(zh="行政许可法第四十二条", en="Administrative Licensing Law, art. 42"))
PIGMENTS = (
    ("ink", Text(zh="墨", en="ink"), Text(zh="文字、轴线", en="text, axes")),
    ("paper", Text(zh="月白", en="paper"), Text(zh="底", en="surfaces")),
    ("azurite", Text(zh="石青", en="azurite"), Text(zh="链接、主要动作、部门的时间", en="links, primary act, department's time")),
    ("bamboo", Text(zh="竹青", en="bamboo"), Text(zh="按时、办结、申请人的时间", en="on time, done, applicant's time")),
    ("gamboge", Text(zh="藤黄", en="gamboge"), Text(zh="黄牌、临期", en="yellow card, due soon")),
    ("cinnabar", Text(zh="朱砂", en="cinnabar"), Text(zh="红牌、超期，别无他用", en="red card, overdue, and nothing else")),
    ("ochre", Text(zh="赭石", en="ochre"), Text(zh="第三方的时间、中止", en="third party's time, paused")),
)  # fmt: skip


def at(text: str) -> int:
    """``2026-11-25 10:40``, or ``2026-11-25`` for the end of that day, in local time."""
    calendar = calendars.shipped()
    day, _, time = text.partition(" ")
    if not time:
        return calendar.end(calendar.index(dt.date.fromisoformat(day)))
    return calendar.instant(dt.datetime.fromisoformat(text))


def clock(
    start: str, needle: str, due: str | None, promise: str | None = None, *, title: Text, why: Text,
    stretches: tuple[tuple[int, str, str], ...] = (), ended: bool = False,
) -> ruler.Clock:  # fmt: skip
    """A clock of the samples."""
    return ruler.Clock(
        calendar(), at(start), at(needle), at(due) if due else None, at(promise) if promise else None, ended,
        [(turn, at(begin), at(end)) for turn, begin, end in stretches], title, why,
    )  # fmt: skip


def calendar() -> Calendar:
    """The calendar of the samples: the one that is shipped."""
    return calendars.shipped()


def clocks() -> list[tuple[Text, ruler.Clock, Badge, list[Text]]]:
    """A clock in each of its states: name, clock, badge, and what moved its end."""
    name = Text(zh="作出许可决定", en="decision on the licence")
    return [
        (name, clock("2026-11-09 10:12", NOW, "2026-12-07", "2026-11-30", title=Text(zh="在办，未到期", en="running"), why=why("11月9日", "9 Nov", "12月7日", "7 Dec")), Badge(Text(zh="在办", en="running"), "own"), []),
        (name, clock("2026-10-29 09:30", NOW, "2026-11-26", "2026-11-19", title=Text(zh="在办，临期，承诺已过", en="running, due soon, past the promise"), why=why("10月29日", "29 Oct", "11月26日", "26 Nov")), Badge(Text(zh="临期", en="due soon"), "due"), []),
        (
            name,
            clock("2026-11-02 09:30", NOW, "2026-12-03", "2026-11-27", title=Text(zh="中止过一次，现由第三方办理", en="paused once, now with a third party"), why=why("11月2日", "2 Nov", "12月3日", "3 Dec", Text(zh="，中止不计入 3 个工作日", en=", 3 working days of pause not counted")),
                  stretches=((DEPARTMENT, "2026-11-02 09:30", "2026-11-05 15:00"), (APPLICANT, "2026-11-05 15:00", "2026-11-10 09:00"), (DEPARTMENT, "2026-11-10 09:00", "2026-11-12 11:00"),
                             (ruler.PAUSED, "2026-11-12 11:00", "2026-11-17 17:00"), (NOBODY, "2026-11-17 17:00", "2026-11-18 09:00"), (THIRD_PARTY, "2026-11-18 09:00", NOW))),
            Badge(Text(zh="第三方办理中", en="with a third party"), "paused"),
            [Text(zh="专家评审 3 个工作日不计入（行政许可法第四十五条），期限由 11月30日 移至 12月3日", en="3 working days of expert review not counted (Administrative Licensing Law, art. 45): the limit moved from 30 Nov to 3 Dec")],
        ),
        (name, clock("2026-10-19 14:00", NOW, "2026-11-16", "2026-11-02", title=Text(zh="已超期", en="overdue"), why=why("10月19日", "19 Oct", "11月16日", "16 Nov")), Badge(Text(zh="超期", en="overdue"), "late"), []),
        (name, clock("2026-10-19 09:00", "2026-10-28 16:20", "2026-11-16", "2026-11-02", title=Text(zh="按时办结", en="done in time"), why=why("10月19日", "19 Oct", "11月16日", "16 Nov"), ended=True), Badge(Text(zh="按时办结", en="done in time"), "good"), []),
        (Text(zh="内部会商", en="internal consultation"), clock("2026-08-31 09:00", NOW, None, title=Text(zh="没有法定期限", en="no statutory limit"), why=Text(zh="法律没有规定期限", en="the law sets no limit")), Badge(Text(zh="在办", en="running"), "own"), []),
    ]  # fmt: skip


def accepted() -> tuple[Text, ruler.Clock]:
    """A clock at the moment of its acceptance, as a receipt shows it."""
    name, began, _, _ = clocks()[0]
    return name, replace(began, needle=began.start)


def why(start_zh: str, start_en: str, end_zh: str, end_en: str, more: Text | None = None) -> Text:
    """The arithmetic of a sample in words."""
    between = more or Text(zh="", en="")
    return Text(
        zh=f"自 {start_zh} 受理起，当日不计，+20 个工作日{between.zh}，至 {end_zh} 24:00 止",
        en=f"from acceptance on {start_en}, that day not counted, +20 working days{between.en}, until {end_en} 24:00",
    )


def cards() -> list[Card]:
    """A card of each level, one answered, one withdrawn."""
    organization = Text(zh="住房和城乡建设局", en="Housing bureau")
    case = Link(Text(zh="许可 2026-00417", en="Licence 2026-00417"), "#card")
    rule = Link(Text(zh="法定期限已过", en="past the statutory limit"), "#card")
    late = Text(
        zh="“作出许可决定”应于 11月16日 24:00 前办结，至今未结，已过 7 个工作日。",
        en="The decision on the licence was due on 16 Nov 24:00; still open 7 working days later.",
    )
    soon = Text(
        zh="承诺期限 10月30日 已过，法定期限未过。",
        en="The promise of 30 Oct has passed; the statutory limit has not.",
    )
    return [
        Card("red", late, rule, organization, at("2026-11-16"), ARTICLE, case, Badge(Text(zh="待反馈，还剩 1 个工作日", en="answer due in 1 working day"), "due")),
        Card("yellow", soon, Link(Text(zh="承诺期限已过", en="past the promise"), "#card"), organization, at("2026-10-30"), Link(Text(zh="本系统自定", en="our own rule")), case, Badge(Text(zh="已整改", en="corrected"), "good")),
        Card("warning", Text(zh="距法定期限不足 2 个工作日。", en="Less than 2 working days to the statutory limit."), rule, organization, at("2026-11-24 09:00"), ARTICLE, case),
        Card("red", late, rule, organization, at("2026-11-16"), ARTICLE, case, withdrawn=Text(zh="补报的事件表明已于 11月13日办结。", en="A late report shows that it was decided on 13 Nov.")),
    ]  # fmt: skip


def events() -> list[Event]:
    """A short history with each kind of line."""
    office = Text(zh="住房和城乡建设局", en="Housing bureau")
    window = Text(zh="窗口岗", en="counter post")
    return [
        Event(Text(zh="收到申请材料 6 件", en="6 documents received"), window, at("2026-11-09 09:40"), at("2026-11-09 09:40"), organization=office, proof=Proof(20411)),
        Event(Text(zh="受理申请，期限自次日起算", en="Application accepted; the period runs from the next day"), window, at("2026-11-09 10:12"), at("2026-11-09 14:55"), organization=office, proof=Proof(20455, "#event")),
        Event(Text(zh="实地核查", en="Site inspection"), Text(zh="核查岗", en="inspection post"), at("2026-11-12 08:00"), at("2026-11-13 09:00"), day_only=True, organization=office, detail=Text(zh="结论：消防通道畅通，材料与现场一致。", en="Finding: fire exits clear; the site matches the documents."), proof=Proof(20803)),
        Event(Text(zh="已到预警时刻：距期限 2 个工作日", en="Warning mark passed: 2 working days to the limit"), "", at("2026-11-24 09:00"), at("2026-11-24 09:00"), determination=True, proof=Proof(None)),
        Event(Text(zh="转交审批岗", en="Handed to the approving post"), window, at("2026-11-25 10:31"), at("2026-11-25 10:31"), organization=office, proof=Proof(20999, broken=True)),
    ]  # fmt: skip


def lineage() -> Lineage:
    """A score down to its events."""
    return Lineage(
        Text(zh="效能得分", en="score"), "86.4", None, None,
        [
            Lineage(Text(zh="按时办结率 × 0.6", en="on-time rate × 0.6"), "94.0%", Text(zh="95% 区间 91.2–96.0，n = 417", en="95% interval 91.2–96.0, n = 417"),
                    Link(Text(zh="417 件办件的时限事件", en="the limit events of 417 cases"), "#lineage")),
            Lineage(Text(zh="群众评价 × 0.4", en="ratings × 0.4"), "75.0", None, None,
                    [Lineage(Text(zh="窗口评价", en="at the counter"), "82.1", None, Link(Text(zh="203 条评价", en="203 ratings"), "#lineage")),
                     Lineage(Text(zh="回访", en="callbacks"), "61.3", Text(zh="没有接通的不计为满意", en="unanswered calls never count as satisfied"), Link(Text(zh="98 次回访", en="98 callbacks"), "#lineage"))]),
        ],
    )  # fmt: skip


def stats() -> list[Stat]:
    """Figures: with an interval and a trend, of too few cases, of none."""
    return [
        Stat(Text(zh="按时办结率", en="On-time rate"), "94.0", "%", "91.2", "96.0", 417, Text(zh="上周同日 92.8%", en="same day last week 92.8%"), "#stat", series=(91, 92, 90, 93, 92.8, 93.5, 94)),
        Stat(Text(zh="办结用时中位数", en="Median time taken"), "6", Text(zh="个工作日", en="working days"), "5", "7", 417, series=(9, 8, 8, 7, 7, 6)),
        Stat(Text(zh="流动服务点满意率", en="Satisfaction, mobile points"), "100", "%", "56.6", "100", 5, few=True),
        Stat(Text(zh="听证办结率", en="Hearings held in time"), None),
    ]  # fmt: skip


def bars() -> list[Bars]:
    """Towns side by side, one without data."""
    names = [
        ("青石镇", "Qingshi"),
        ("临河街道", "Linhe"),
        ("松岭镇", "Songling"),
        ("东门街道", "Dongmen"),
        ("柳浦镇", "Liupu"),
        ("北山镇", "Beishan"),
    ]
    shares = [(0.92, 0.03), (0.74, 0.11), (0.55, 0.0), (0.48, 0.06), (0.22, 0.22), (None, 0.0)]
    return [Bars(Text(zh=zh, en=en), share, f"{share * 300:.0f}" if share else "", late) for (zh, en), (share, late) in zip(names, shares, strict=True)]  # fmt: skip


def table() -> Table:
    """A worklist of the samples, by due moment."""
    found = clocks()
    rows = []
    for number, (name, each, badge, _) in enumerate(found, 1):
        left: object = Text(zh="没有法定期限", en="no statutory limit") if each.due is None else Due(each.due)
        if each.ended:
            left = Text(zh="10月28日 16:20 办结", en="done 28 Oct 16:20")
        cells = (f"2026-{number:05}", name, badge, each, left)
        rows.append(Row(cells, f"#row-{number}", f"2026-{number:05}"))
    columns = [
        Column(Text(zh="编号", en="Number"), "number"), Column(Text(zh="事项", en="Matter")), Column(Text(zh="状态", en="State")),
        Column(Text(zh="时限", en="Limit"), wide=True), Column(Text(zh="还剩", en="Time left"), "due"),
    ]  # fmt: skip
    states = [
        Choice("running", Text(zh="在办", en="running"), True),
        Choice("late", Text(zh="超期", en="overdue")),
    ]
    return Table(
        Text(zh="我的待办", en="My work"), columns, rows,
        [Filter("state", Text(zh="状态", en="State"), states), Filter("q", Text(zh="编号或词", en="Number or words"))],
        [Choice("state=running", Text(zh="在办", en="Running"), True), Choice("state=late", Text(zh="超期", en="Overdue"))],
        sort="due", following="c2FtcGxl", shown=Text(zh="共 6 件", en="6 cases"), selectable=True,
    )  # fmt: skip


STATES = [
    State("empty", Text(zh="今天没有到期的办件", en="Nothing is due today"), Text(zh="最近一件周四 17:00 前到期。", en="The next one is due on Thursday by 17:00."), Link(Text(zh="看全部待办", en="See all my work"), "#state")),
    State("loading", Text(zh="正在统计 340 万个事件", en="Counting 3.4 million events"), Text(zh="大约 4 秒；可以先看别处，结果会留在这里。", en="About 4 seconds; go elsewhere meanwhile, the result stays here.")),
    State("error", Text(zh="图表没有画出来", en="The chart could not be drawn"), Text(zh="数据都在，只是这次没有取到。请重试；再不行就看表格。", en="The data are safe; they could not be fetched this time. Try again, or see the table."), Link(Text(zh="重试", en="Try again"), "#state")),
    State("forbidden", Text(zh="这部分只对承办岗位开放", en="This part is open to the handling posts only"), Text(zh="您可以看到办件的时限与经过，看不到申请人的资料。", en="You can see the limits and the history, not the applicant's papers.")),
]  # fmt: skip


class SampleForm(forms.Form):
    """A form with a field of each kind."""

    title = forms.CharField(label="问题 / Matter", help_text="一句话说清楚 / In one sentence", max_length=60)
    kind = forms.ChoiceField(
        label="类别 / Kind",
        choices=[("road", "道路 / Road"), ("lamp", "路灯 / Street lamp")],
        widget=forms.RadioSelect,
    )
    place = forms.ChoiceField(
        label="镇街 / Town", choices=[("", "—"), ("a", "青石镇 / Qingshi"), ("b", "临河街道 / Linhe")]
    )
    day = forms.DateField(label="发现日期 / Day seen", help_text="例如 2026-11-25 / for example 2026-11-25")
    more = forms.CharField(label="详情 / More", widget=forms.Textarea(attrs={"rows": 4}), required=False)
    agree = forms.BooleanField(label="可以联系我 / You may contact me", required=False)


def wrong_form() -> SampleForm:
    """The form as it comes back with errors."""
    return SampleForm(
        {"title": "", "place": "b", "day": "2026-13-40", "more": "灯杆编号 17 / lamp post 17"},
        auto_id="wrong_%s",
    )


def crumbs() -> list[Link]:
    """A path of three."""
    return [
        Link(Text(zh="首页", en="Home"), "/"),
        Link(Text(zh="样式手册", en="Style guide"), "/styleguide/"),
        Link(Text(zh="组件", en="Components")),
    ]
