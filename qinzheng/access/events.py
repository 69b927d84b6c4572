"""The security log: every event about accounts, as the ledger holds it. Pseudonyms and row numbers only.

A login and a subject at an identity provider may tell who somebody is, and few enough exist to be guessed: the ledger holds
them under the key of the blind indexes (:func:`veiled`), a password's hash under SHA-256 (it is salted already).
"""

from __future__ import annotations

import datetime as dt
import hashlib

from qinzheng.access.models import Account
from qinzheng.ledger import actions as ledger
from qinzheng.ledger.envelope import NewEvent
from qinzheng.parties import keys

PREFIX = "access."
WORDS = {
    "account_made": ("开立账号", "account opened"),
    "account_switched_on": ("启用账号", "account switched on"),
    "account_switched_off": ("停用账号", "account switched off"),
    "password_set": ("设置密码", "password set"),
    "power_granted": ("授予管理权限", "power granted"),
    "identity_bound": ("绑定统一身份", "identity bound"),
    "identity_unbound": ("解除统一身份绑定", "identity unbound"),
    "factor_reset_asked": ("申请重置第二重验证", "reset of the second factor asked"),
    "factor_reset_approved": ("批准重置第二重验证", "reset of the second factor approved"),
    "factor_set_up": ("启用第二重验证", "second factor set up"),
    "factor_removed": ("停用第二重验证", "second factor removed"),
    "login_unlocked": ("解除登录锁定", "login unlocked"),
    "logged_in": ("登录", "logged in"),
    "logged_out": ("退出", "logged out"),
    "login_refused": ("登录被拒", "login refused"),
    "code_sent": ("发出短信验证码", "code sent by SMS"),
    "code_not_sent": ("短信验证码没有发出", "code by SMS not sent"),
    "code_refused": ("短信验证码不符", "code by SMS refused"),
    "login_locked": ("登录锁定", "login locked"),
    "mandate_given": ("给予委托", "mandate given"),
    "mandate_revoked": ("撤销委托", "mandate revoked"),
    "token_issued": ("签发令牌", "token issued"),
    "token_revoked": ("吊销令牌", "token revoked"),
    "opening_asked": ("申请破窗", "opening asked"),
    "opening_approved": ("批准破窗", "opening approved"),
    "opening_used": ("破窗查看", "opening used"),
}
"""Every type of the security log, without its prefix, in both languages."""
REFUSALS = frozenset({"login_refused", "login_locked"})


def note(type: str, account: Account, by: str, /, **body: object) -> dt.datetime:
    """One event about an account; the moment that it was recorded."""
    return noted(type, f"account:{account.pseudonym}", by, **body)


def noted(type: str, subject: str, by: str, /, **body: object) -> dt.datetime:
    """One event of the security log; the moment that it was recorded."""
    (appended,) = ledger.append([NewEvent(type=PREFIX + type, subject=subject, body=body, actor=by)])
    return ledger.EPOCH + appended.recorded_at * ledger.MICROSECOND


def veiled(what: str, value: str) -> str:
    """The name under which the ledger holds something that may tell who somebody is: the same for the same value, and
    without the key of the blind indexes nobody can try values out."""
    return keys.current().index(f"access.{what}", value).hex()


def of_password(encoded: str) -> str:
    """What the ledger holds of a stored password: a hash of its salted hash; empty where there is none to log in with."""
    return hashlib.sha256(encoded.encode()).hexdigest() if encoded else ""
