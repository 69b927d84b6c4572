"""What the fictional city has done with its catalogue: admissions of half a year, simpler items, points with proof, fifty measures.

Items go the way of every import: a spreadsheet, drafts, a second person. Measures are taken over with their dates, as the
year's cases are. Names and reasons are made up; done once, again it finds everything there.
"""

from __future__ import annotations

import datetime as dt
import io
import time
import uuid
from collections.abc import Iterator, Sequence

from django.db import connection
from openpyxl import Workbook

from qinzheng.calendars import queries as calendars
from qinzheng.cases import adopting
from qinzheng.cases.about import About
from qinzheng.cases.adopting import History, Taken
from qinzheng.cases.engine import Who
from qinzheng.cases.items import Item
from qinzheng.definitions import actions, shelf
from qinzheng.mechanisms.catalogue import conveniences, importing, points
from qinzheng.mechanisms.catalogue.schema import Checklist
from qinzheng.operations.setting_up import DEMO_DRAFTER, DEMO_PUBLISHER
from qinzheng.simulation.qinghe.load import ISSUED, desks_of, who

SPACE = uuid.UUID("0d5a0c5e-6c1b-5f0e-8d0a-63617461106f")
ADMITTED, ABOLISHED = dt.date(2008, 5, 4), dt.date(2015, 6, 30)
"""A half-year in which the shipped items admit nothing, so that it shows twelve, three and three."""
SERVICES, LICENCES = 12, 3
FORMER = (
    ("tax", "减免税核准（示例）", "Approval of tax relief (sample)"),
    ("commerce", "企业设立分销点核准（示例）", "Approval of a sales point (sample)"),
    ("culture", "群众文艺演出核准（示例）", "Approval of an amateur performance (sample)"),
)  # fmt: skip
SIMPLER = 40
"""Items that are made simpler by the edition that begins with the demonstration."""
DEPARTMENTS = (
    "police",
    "market",
    "housing",
    "civil-affairs",
    "human-resources",
    "tax",
    "transport",
    "health",
    "fire",
    "water",
)
MEASURES: tuple[tuple[str, str], ...] = tuple(
    (line.partition("：")[0], line.partition("：")[2])
    for line in """\
papers：户口迁移不再要求提供婚育证明
papers：补领身份证不再提供照片
papers：临时居住登记改为承诺制，不再要求房产证复印件
papers：驾驶证期满换证免交体检表（医院联网）
papers：无犯罪记录证明由部门间核查，不再由群众跑
papers：出生登记不再要求计划生育证明
papers：姓名变更材料由五份减为三份
papers：车辆转移登记免交身份证复印件
trips：居民身份证可由亲属代领
trips：护照快递送到家
trips：老人、病人、残疾人上门办理身份证
trips：新生儿在产科当场报户口
trips：学生集体办证到学校
trips：企业员工居住证到厂里集中办
trips：电动车登记点设到镇街
trips：机动车抵押登记在银行办结
trips：户籍证明网上开具，不用到派出所
trips：交通违法缴款手机办
hours：户籍窗口周六上午开门
hours：车管所中午不休息
hours：出入境大厅周三延时到二十点
hours：派出所开通急用证件夜间窗口
hours：高考前办证绿色窗口
hours：节前增开出入境窗口
hours：预约办理，错过一次可再约
hours：偏远村每月一次流动警务车
faster：居民身份证办理由二十日缩短为十日
faster：居住证当场制发
faster：机动车登记一小时内办结
faster：出国急事当天加急
faster：户口项目变更当场办结
faster：保安员证五个工作日内办结
faster：剧毒化学品运输证提速一半
faster：大型活动安全许可提前辅导
fees：首次申领居住证免费
fees：遗失补领居民身份证减免困难家庭工本费
fees：车辆停放处罚首次轻微违法免罚
fees：电动自行车登记免费
access：便民服务微信小程序上线
access：二十四小时自助办证厅
access：社区警务室代收户籍申请
access：一键报警进出租车
access：企业专属警务联络员
access：外国人服务站设到开发区
access：聋哑人短信报警
access：港澳台居民证件自助签注
other：派出所公开责任区民警姓名电话
other：报警回访，告知处理结果
other：窗口一次告知单上墙
other：群众评议窗口，月月公布
""".splitlines()
)
"""(kind, the measure): fifty of the police bureau. Made up; no city's own list."""
LATE, GIVEN_UP, UNREVIEWED = 4, 2, 5
"""Of the fifty: announced and not in force in time, given up, in force and not reviewed."""


def found() -> None:
    """Everything that is missing."""
    now, desks = int(time.time() * 1_000_000), desks_of()
    _items(shelf.day(now))
    _points(desks, shelf.day(now))
    _measures(who("police/head", "head_of_organ", desks), now)


# -- items --------------------------------------------------------------------------------------------


def _items(today: dt.date) -> None:
    if any(
        f"{unit}.former-approval" == item.id for unit, *_ in FORMER for item in shelf.library().all("item")
    ):
        return
    report = importing.run(
        workbook(shelf.library().standing("item", today), today), today, today, by=DEMO_DRAFTER, keep=True
    )
    if report.faults:
        raise AssertionError([str(fault) for fault in report.faults[:3]])
    if report.kept:
        actions.publish(report.kept, DEMO_PUBLISHER)


def workbook(items: Sequence[Item], today: dt.date) -> bytes:
    """The spreadsheet: items admitted in 2008 by the twelve, three and three of a speech, and items made simpler."""
    short = [item for item in items if not item.life and not item.guide.form]
    services = [
        item for item in short if item.sort not in ("licence", "petition", "review", "information", "joint")
    ]
    licences = [item for item in short if item.sort == "licence"]
    book = Workbook()
    page = book.active
    page.title = "事项"
    page.append(
        [
            "编号",
            "名称",
            "英文名称",
            "类型",
            "决定单位",
            "办理程序",
            "承诺时限",
            "授权窗口",
            "即办",
            "依据",
            "施行日",
        ]
    )
    rest = services[SERVICES:]
    for n, item in enumerate(rest[:: max(len(rest) // SIMPLER, 1)][:SIMPLER]):
        promise = item.committed.get("handling", 0)
        at_once = n % 3 == 0
        page.append([item.id, None, None, None, None, None, max(promise // 2, 1) if promise > 1 else None,
                     "是" if at_once or n % 2 else None, "是" if at_once else None, None, today])  # fmt: skip
    for unit, zh, en in FORMER:
        page.append([f"{unit}.former-approval", zh, en, "former_approval", unit, "services.matter", None, None, None,
                     "ours/sample-services", dt.date(2008, 1, 1)])  # fmt: skip
    turns = book.create_sheet("变动")
    turns.append(["事项编号", "变动", "变动日期", "理由", "英文理由"])
    for item in [*services[:SERVICES], *licences[:LICENCES]]:
        turns.append(
            [item.id, "进驻", ADMITTED, "进驻市行政服务中心", "Admitted to the city's service centre"]
        )
    for unit, _, _ in FORMER:
        turns.append(
            [
                f"{unit}.former-approval",
                "进驻",
                ADMITTED,
                "进驻市行政服务中心",
                "Admitted to the city's service centre",
            ]
        )
        turns.append([f"{unit}.former-approval", "取消", ABOLISHED, "非许可审批这一类别取消", "Former approvals as a class are abolished"])  # fmt: skip
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


# -- points -------------------------------------------------------------------------------------------


def _points(desks: dict[str, str], today: dt.date) -> None:
    """Ten departments state their points; most are attested, some doubted, some wait."""
    checklist: Checklist = shelf.library().get("checklist", "two-and-four")
    edition = shelf.library().hash(checklist)
    if any(points.statements(checklist.id, DEPARTMENTS).values()):
        return
    for d, unit in enumerate(DEPARTMENTS):
        for p, point in enumerate(checklist.points):
            if (d + p) % 7 == 6:
                continue
            points.make(
                checklist, edition, unit, point, holds=(d * p) % 9 != 8, proof=f"清和{d + 1:02}〔2026〕{p + 11}号，窗口可查",
                seen_on=today, figure=None, who=who(f"{unit}/handler-1", "handler", desks),
            )  # fmt: skip
        for n, said in enumerate(points.statements(checklist.id, [unit])[unit].values()):
            if said.holds and n % 4 != 3:
                doubted = d == 8
                points.attest(
                    checklist, unit, said.event, confirmed=not doubted, reason="现场没有见到" if doubted else "",
                    who=who("supervisor-1", "supervisor", desks),
                )  # fmt: skip


# -- measures -----------------------------------------------------------------------------------------


def _measures(head: Who, now: int) -> None:
    """The fifty of the police bureau, announced fourteen months ago, as they went on."""
    calendar = calendars.calendar(shelf.library(), "cn")
    begun = calendar.next_working_moment(now - 430 * 86_400_000_000)
    histories = [
        History(
            key=uuid.uuid5(SPACE, title), procedure=conveniences.PROCEDURE, about=About(title=title),
            acts=list(_told(n, sort, title, begun, now, head)),
        )
        for n, (sort, title) in enumerate(MEASURES)
    ]  # fmt: skip
    result = adopting.adopt(histories, simulated=True)
    if result.rejected:
        raise AssertionError(result.rejected[:3])
    with connection.cursor() as cursor:
        cursor.execute(ISSUED + ' AND c."case" = ANY(%s)', [result.taken])


def _told(n: int, sort: str, title: str, begun: int, now: int, head: Who) -> Iterator[Taken]:
    """How one of them went: announced, put in force in time or late or never, reviewed or not."""
    day = 86_400_000_000

    def taken(act: str, at: int, **form: object) -> Taken:
        return Taken(act, head, at, form, None, at + 60_000_000)

    yield taken("announce", begun + n * 60_000_000, sort=sort, document="清公〔2025〕12号", wording=title)
    if n < GIVEN_UP:
        yield taken("give_up", begun + 40 * day, reasons="上级统一实施，不再单独公布")
        return
    if n < GIVEN_UP + LATE // 2:
        return
    in_force = begun + (130 if n < GIVEN_UP + LATE else 20 + n % 20) * day
    yield taken("put_in_force", in_force, evidence="窗口告示与办理记录可查")
    if n >= GIVEN_UP + LATE + UNREVIEWED:
        yield taken("review", min(in_force + 300 * day, now - day), evidence="抽查十件，均按措施办理")
