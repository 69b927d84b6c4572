"""GB/T 22239-2019, third level, application and data (8.1.4): clause by clause what is in force here, judged by what was read.

Numbers of clauses and their gist are from memory ([mem]): compare them with the standard's text before the pack is handed in. A
product is not certified; the operator's system is assessed (等级测评). So a row that the operator must answer says so, and what is
not met here says that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings

from qinzheng.access.models import POWERS
from qinzheng.operations import evidence, kept_logs
from qinzheng.operations.evidence import Found

Verdict = Literal["met", "partly", "not_met", "operator"]
WORDS: dict[Verdict, str] = {
    "met": "符合",
    "partly": "部分符合",
    "not_met": "不符合",
    "operator": "由运营方落实",
}
IDLE_S, TRIES, LETTERS = 30 * 60, 10, 8
"""Usual in assessments: thirty idle minutes, ten tries, eight characters at least (ours)."""
MOST_PASSWORD_DAYS = 180
BACKUP_H, DRILL_D, CHECKPOINT_H = 26.0, 100.0, 1.0
"""A daily backup with two hours of grace, a drill a quarter, a checkpoint an hour (ours)."""
DEVELOPMENT = frozenset(
    {"pytest", "hypothesis", "ruff", "mypy", "playwright", "django-oauth-toolkit", "import-linter"}
)
"""Packages that a city's installation does not need."""
Judged = tuple[Verdict, str]


@dataclass(frozen=True)
class Clause:
    """One clause: its gist, how it stands by what was read, what the operator does beside it, and the tests that hold it."""

    number: str
    gist: str
    judge: Callable[[Found], Judged]
    operator: str
    tests: tuple[str, ...] = ()


def met(holds: bool, said: str, otherwise: Verdict = "not_met") -> Judged:
    """Met where it holds."""
    return ("met" if holds else otherwise), said


# -- 8.1.4.1 ------------------------------------------------------------------------------------------


def _passwords(found: Found) -> Judged:
    given: Any = settings.AUTH_PASSWORD_VALIDATORS
    rules = {each["NAME"].rpartition(".")[2]: each.get("OPTIONS", {}) for each in given}
    least = (
        int(rules.get("MinimumLengthValidator", {}).get("min_length", 8))
        if "MinimumLengthValidator" in rules
        else 0
    )
    days = settings.PASSWORD_DAYS
    said = f"登录名唯一；密码至少 {least} 位，规则：{'、'.join(sorted(rules))}；每 {days or '—'} 天须更换；一次性密码首次登录须更换"
    return met(least >= LETTERS and "Mixed" in rules and 0 < days <= MOST_PASSWORD_DAYS, said)


def _lockout(found: Found) -> Judged:
    said = (
        f"连续输错 {settings.AXES_FAILURE_LIMIT} 次锁定 {settings.AXES_COOLOFF_TIME * 60:.0f} 分钟；"
        f"无操作 {settings.SESSION_COOKIE_AGE // 60} 分钟自动退出"
    )
    holds = 0 < settings.AXES_FAILURE_LIMIT <= TRIES and settings.AXES_COOLOFF_TIME > 0
    return met(holds and settings.SESSION_COOKIE_AGE <= IDLE_S and settings.SESSION_SAVE_EVERY_REQUEST, said)


def _secure(found: Found) -> Judged:
    secure = settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE
    said = (
        "会话 Cookie 只走 TLS；HSTS 由反向代理给出（deploy/nginx）"
        if secure
        else "HTTPS 未设为 1：会话可能以明文传送"
    )
    return met(secure, said)


def _two_factors(found: Found) -> Judged:
    with_factor = sum(1 for *_, factor in found.administrators if factor)
    all_of_them = bool(found.administrators) and with_factor == len(found.administrators)
    officers = "officer" in settings.SECOND_FACTOR_FOR
    said = (
        f"管理员 {len(found.administrators)} 人，已启用动态验证码 {with_factor} 人（未启用者每次请求都被引到设置页）；"
        f"工作人员{'须' if officers else '未要求'}两重验证；统一身份认证：{'已接入 ' + '、'.join(settings.OIDC) if settings.OIDC else '未接入'}"
    )
    if not all_of_them:
        return "not_met", said
    return met(officers, said, "partly")


# -- 8.1.4.2 ------------------------------------------------------------------------------------------


def _assigned(found: Found) -> Judged:
    clauses, denials = evidence.rules_in_force()
    counted = "、".join(f"{kind} {n}" for kind, n in found.accounts.items()) or "无"
    return met(
        clauses > 0 and denials > 0,
        f"启用账号：{counted}；默认全部拒绝，准许条款 {clauses} 条、禁止条款 {denials} 条",
    )


def _defaults(found: Found) -> Judged:
    said = f"程序不带默认账号；演示模式{'开' if settings.DEMO else '关'}，演示账号 {found.demo_accounts} 个"
    return met(not settings.DEMO and not found.demo_accounts, said)


def _idle(found: Found) -> Judged:
    listed = "、".join(found.idle_accounts[:20])
    said = f"已无在任岗位而账号仍启用：{len(found.idle_accounts)} 个" + (f"（{listed}）" if listed else "")
    return met(not found.idle_accounts, said, "partly")


def _separate(found: Found) -> Judged:
    held = Counter(power for power, *_ in found.administrators)
    two = len({pseudonym for _, pseudonym, _ in found.administrators}) != len(found.administrators)
    said = (
        "，".join(f"{name} {held.get(power, 0)} 人" for power, name in POWERS.items())
        + "；一个账号至多一项权限（数据库约束）"
    )
    return met(all(held.get(power, 0) for power in POWERS) and not two, said)


def _labels(found: Found) -> Judged:
    _, denials = evidence.rules_in_force()
    return met(
        False,
        f"举报等办件按涉及单位与岗位封存，{denials} 条禁止条款优先于一切准许；不是强制安全标记（等级、范畴）",
        "partly",
    )


# -- 8.1.4.3 ------------------------------------------------------------------------------------------


def _audited(found: Found) -> Judged:
    totals = evidence.event_totals(found)
    listed = "、".join(f"{name} {n}" for name, n in sorted(totals.items()))
    return met(totals["access"] > 0, f"账本事件 {sum(totals.values())} 条：{listed or '无'}")


def _kept(found: Found) -> Judged:
    folder = settings.LOGGING["folder"]
    enough = settings.LOG_DAYS >= kept_logs.LEAST_DAYS
    logs = (
        f"运行日志保存 {settings.LOG_DAYS} 天，最早 {found.oldest_log or '—'}"
        if folder
        else "运行日志未设目录（QINZHENG_LOGS）"
    )
    outside = (
        f"库外检查点覆盖 {found.checkpoint[0]} 条，{found.checkpoint[1]:.1f} 小时前"
        if found.checkpoint
        else "没有库外检查点"
    )
    said = f"安全日志在账本中，不删除；拒绝改删的触发器 {found.triggers} 个；{outside}；{logs}"
    fresh = found.checkpoint is not None and found.checkpoint[1] <= CHECKPOINT_H
    if not enough or not found.triggers:
        return "not_met", said
    return met(bool(folder) and fresh, said, "partly")


def _unstoppable(found: Found) -> Judged:
    return met(
        found.triggers > 0,
        f"事件与业务同一事务写入：账本写不进，业务也写不进；触发器 {found.triggers} 个在位",
    )


# -- 8.1.4.4 to 8.1.4.6 -------------------------------------------------------------------------------


def _components(found: Found) -> Judged:
    tools = sorted(DEVELOPMENT & {name.lower() for name, *_ in found.packages})
    said = f"软件包 {len(found.packages)} 个，见 sbom.cdx.json；开发与测试工具 {len(tools)} 个{'：' + '、'.join(tools) if tools else ''}"
    return met(bool(found.packages) and not tools, said)


def _ports(found: Found) -> Judged:
    if found.ports is None:
        return "operator", "本机未提供监听端口清单，请运营方以 ss -ltn 取证"
    open_ = [(port, address) for port, address in found.ports if not address.startswith(("127.", "::1"))]
    listed = "、".join(f"{address}:{port}" for port, address in open_)
    return "operator", f"本机监听 {len(found.ports)} 处，其中对外 {len(open_)} 处" + (
        f"：{listed}" if listed else ""
    )


def _inputs(found: Found) -> Judged:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    loose = [name for name, given in directives.items() if UNSAFE_INLINE in given or UNSAFE_EVAL in given]
    return met(
        not loose,
        f"表单逐项校验；内容安全策略 {len(directives)} 项，放宽 {len(loose)} 项{'：' + '、'.join(loose) if loose else ''}",
    )


def _by_operator(said: str) -> Callable[[Found], Judged]:
    return lambda found: ("operator", said)


def _not_here(said: str) -> Callable[[Found], Judged]:
    return lambda found: ("not_met", said)


# -- 8.1.4.7 to 8.1.4.11 ------------------------------------------------------------------------------


def _whole(found: Found) -> Judged:
    said = (
        f"账本 {found.ledger_size} 条，散列树与检查点可离线核验；重放账本与各表比对，不符 {found.differences} 处；"
        f"fsync {found.database.get('fsync')}，数据页校验 {found.database.get('data_checksums')}"
    )
    if found.differences or found.database.get("fsync") == "off":
        return "not_met", said
    return met(found.database.get("data_checksums") == "on", said, "partly")


def _confidential(found: Found) -> Judged:
    whole, sealed = found.sealed
    gm = settings.CRYPTO == "gm"
    said = f"个人信息逐主体加密，{whole} 个主体中 {sealed} 个已加密或已删除；算法 {'SM4-GCM、SM3、SM2' if gm else 'AES-256-GCM、SHA-256、Ed25519'}"
    if sealed < whole:
        return "not_met", said
    return met(gm, said + ("" if gm else "；商用密码未启用（CRYPTO=gm）"), "partly")


def _backed_up(found: Found) -> Judged:
    backup = "没有找到备份" if found.backup_h is None else f"最近备份 {found.backup_h:.1f} 小时前"
    drill = "没有恢复演练记录" if found.drill_d is None else f"最近恢复演练 {found.drill_d:.0f} 天前"
    said = f"{backup}；{drill}"
    if found.backup_h is None or found.backup_h > BACKUP_H:
        return "not_met", said
    return met(found.drill_d is not None and found.drill_d <= DRILL_D, said, "partly")


def _elsewhere(found: Found) -> Judged:
    mode = found.database.get("archive_mode")
    return (
        "operator" if mode in ("on", "always") else "not_met"
    ), f"WAL 归档 {mode}；是否送到异地由运营方证明"


def _residue(found: Found) -> Judged:
    return met(
        found.stale_sessions == 0,
        f"过期一天以上仍未清除的会话 {found.stale_sessions} 个；密码只存散列，动态验证码密钥加密保存",
    )


def _minimal(found: Found) -> Judged:
    totals = {type: n for type, n, *_ in found.events}
    return met(
        found.sealed[0] == found.sealed[1],
        f"只收表单声明的项目；读取留痕 {totals.get('parties.read', 0)} 次，删除 {totals.get('parties.erased', 0)} 次，同意 {totals.get('parties.consented', 0)} 次",
    )


LOGIN = "tests/flows/test_pages_login.py"
GATE, OIDC = "tests/accounts/test_gate.py", "tests/accounts/test_oidc.py"
MATRIX, REPLAYED = "tests/access/test_matrix.py", "tests/accounts/test_replayed.py"
CLAUSES: tuple[Clause, ...] = (
    Clause("8.1.4.1 a)", "身份唯一、鉴别信息有复杂度并定期更换", _passwords, "一人一号；名册与在编人员核对", (f"{GATE}::test_a_one_time_password_opens_nothing_but_its_change", f"{GATE}::test_an_old_password_must_be_changed")),
    Clause("8.1.4.1 b)", "登录失败处理、限制尝试、超时退出", _lockout, "终端锁屏策略", (f"{LOGIN}::test_five_wrong_passwords_lock_the_login_whoever_tries", f"{LOGIN}::test_thirty_idle_minutes_end_the_session")),
    Clause("8.1.4.1 c)", "远程管理时防止鉴别信息被窃听", _secure, "证书与 TLS 版本由反向代理配置", ("tests/unit/operations/test_deploy.py::test_every_variable_is_told_and_none_is_invented",)),
    Clause("8.1.4.1 d)", "两种以上组合鉴别，其中一种用密码技术", _two_factors, "工作人员接入统一身份认证或设 QINZHENG_SECOND_FACTOR=officer", (f"{GATE}::test_administrators_do_nothing_without_their_second_factor", f"{OIDC}::test_a_token_that_proves_nothing_opens_nothing")),
    Clause("8.1.4.2 a)", "对登录用户分配账户和权限", _assigned, "授权审批单存档", (f"{MATRIX}::test_everybody_is_answered_as_the_file_says",)),
    Clause("8.1.4.2 b)", "重命名或删除默认账户", _defaults, "操作系统、数据库的默认账户", (f"{GATE}::test_there_are_no_accounts_but_those_that_somebody_opened", f"{LOGIN}::test_demonstration_logins_exist_in_demonstrations_only")),
    Clause("8.1.4.2 c)", "停用多余、过期账户，避免共享账户", _idle, "调动离任当日办理停用", (f"{LOGIN}::test_an_account_switched_off_is_out_at_its_next_request",)),
    Clause("8.1.4.2 d)", "最小权限，管理用户权限分离", _separate, "三员由不同人担任，任命文件存档", (f"{GATE}::test_the_three_exclude_one_another_and_every_post",)),
    Clause("8.1.4.2 e)-f)", "授权主体配置策略；粒度到用户与记录、字段", _assigned, "访问控制策略文件", (f"{MATRIX}::test_the_rules_say_what_the_file_says",)),
    Clause("8.1.4.2 g)", "重要主体、客体设安全标记", _labels, "强制访问控制由操作系统或数据库安全组件实现", (f"{MATRIX}::test_hidden_and_absent_are_one_answer",)),
    Clause("8.1.4.3 a)-b)", "覆盖每个用户的重要行为；含时间、用户、类型、结果", _audited, "数据库与操作系统审计", (f"{REPLAYED}::test_the_tables_are_what_the_ledger_says",)),
    Clause("8.1.4.3 c)", "审计记录受保护、备份，保存六个月以上", _kept, "检查点与日志存到另一部门管的地方", (f"{REPLAYED}::test_every_column_is_watched_or_has_its_reason", "tests/unit/operations/test_kept_logs.py::test_a_line_of_six_months_ago_can_still_be_read")),
    Clause("8.1.4.3 d)", "审计进程不被未经授权中断", _unstoppable, "数据库超级用户由专人保管", ("tests/unit/ledger/test_ledger.py::test_the_database_refuses_change",)),
    Clause("8.1.4.4 a)", "最小安装", _components, "操作系统最小安装", ("tests/accounts/test_evidence.py::test_the_bill_of_materials_names_every_package",)),
    Clause("8.1.4.4 b)", "关闭不需要的服务、端口", _ports, "逐个说明对外端口的用途，主机防火墙", ("tests/accounts/test_evidence.py::test_listening_sockets_are_told",)),
    Clause("8.1.4.4 c)", "限制管理终端的接入方式、地址范围", _by_operator("程序不限制来源地址"), "堡垒机、网络访问控制"),
    Clause("8.1.4.4 d)", "数据有效性检验", _inputs, "无", ("tests/accounts/test_administration.py::test_what_cannot_be_opened_is_told_at_its_field",)),
    Clause("8.1.4.4 e)", "发现并修补已知漏洞", _by_operator("软件包及版本见 sbom.cdx.json；程序不自行联网查漏洞"), "以物料清单比对漏洞库，测试后及时升级"),
    Clause("8.1.4.4 f)", "检测入侵并报警", _by_operator("拒绝登录、锁定、令牌吊销都在安全日志；/metrics 供报警"), "主机入侵检测"),
    Clause("8.1.4.5", "防恶意代码", _not_here("程序不带恶意代码查杀"), "主机防病毒；附件进入前由网关查杀"),
    Clause("8.1.4.6", "可信验证", _not_here("程序不做可信启动验证；离线包有 SHA-256 清单"), "服务器可信根与可信启动"),
    Clause("8.1.4.7 a)", "传输完整性", _secure, "证书", ()),
    Clause("8.1.4.7 b)", "存储完整性", _whole, "定期运行 qinzheng ledger verify --projections", (f"{REPLAYED}::test_an_identity_moved_to_another_account_is_named",)),
    Clause("8.1.4.8 a)", "传输保密性", _secure, "证书；应用与数据库之间的 TLS", ()),
    Clause("8.1.4.8 b)", "存储保密性", _confidential, "主密钥离线保管；密码应用安全性评估", ("tests/accounts/test_oidc.py::test_a_citizen_comes_by_the_unified_identity_the_first_time_and_again",)),
    Clause("8.1.4.9 a)", "本地备份与恢复", _backed_up, "每季度演练：qinzheng restore 到空库", ("tests/accounts/test_evidence.py::test_a_row_follows_what_is_in_force",)),
    Clause("8.1.4.9 b)", "异地实时备份", _elsewhere, "WAL 归档送到异地"),
    Clause("8.1.4.9 c)", "重要系统热冗余", _not_here("程序可多机运行，数据库热备不由程序提供"), "数据库主备、负载均衡"),
    Clause("8.1.4.10 a)-b)", "鉴别信息与敏感数据的存储空间释放前清除", _residue, "报废介质消磁", ("tests/accounts/test_evidence.py::test_sessions_that_ended_are_cleared",)),
    Clause("8.1.4.11 a)-b)", "只采集必需的个人信息，禁止未授权访问", _minimal, "个人信息保护影响评估", ("tests/access/test_matrix.py::test_what_is_secret_stands_in_no_answer_that_may_not_hold_it",)),
)  # fmt: skip
