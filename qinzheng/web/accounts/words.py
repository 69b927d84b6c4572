"""Kinds of accounts, the three powers and what each may do, in both languages."""

from __future__ import annotations

from qinzheng.definitions.form import Text

KIND = {
    "officer": Text(zh="工作人员", en="Officer"),
    "citizen": Text(zh="群众", en="Citizen"),
    "handler": Text(zh="企业经办人", en="A firm's handler"),
    "administrator": Text(zh="管理员", en="Administrator"),
    "service": Text(zh="应用", en="Application"),
}
POWER = {
    "system": Text(zh="系统管理员", en="System administrator"),
    "security": Text(zh="安全管理员", en="Security administrator"),
    "audit": Text(zh="审计管理员", en="Audit administrator"),
}
POWERS_MAY: dict[str, tuple[Text, tuple[Text, ...]]] = {
    "system": (
        POWER["system"],
        (
            Text(zh="开立、停用、启用账号，发一次性密码", en="open accounts, switch them off and on, give one-time passwords"),
            Text(zh="查看系统健康", en="watch the health of the system"),
            Text(zh="申请重置第二重验证，或批准他人的申请", en="ask for a second factor to be reset, or approve another's asking"),
        ),
    ),
    "security": (
        POWER["security"],
        (
            Text(zh="授予管理权限，绑定统一身份，解除登录锁定", en="grant powers, bind identities, unlock logins"),
            Text(zh="签发、吊销应用令牌", en="issue and revoke tokens of applications"),
            Text(zh="申请重置第二重验证，或批准他人的申请", en="ask for a second factor to be reset, or approve another's asking"),
        ),
    ),
    "audit": (
        POWER["audit"],
        (
            Text(zh="查阅登录与安全日志", en="read the log of logins and of security"),
            Text(zh="批准重置第二重验证", en="approve that a second factor is reset"),
            Text(zh="查看系统健康与账本", en="watch the health of the system and the ledger"),
        ),
    ),
}  # fmt: skip
