"""Addresses of logging in. The library's names are kept beside ours: it looks its pages up by them."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import path

from qinzheng.web.accounts import administration, mandates, phone, security_log, single_sign_on, views

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("login/", views.sign_in, name="account_login"),
    path("logout/", account.logout, name="logout"),
    path("logout/", account.logout, name="account_logout"),
    path("login/by/<slug:provider>/", single_sign_on.begin, name="oidc"),
    path("login/by/<slug:provider>/back/", single_sign_on.back, name="oidc-back"),
    path("login/phone/", phone.by_code, name="phone-login"),
    path("mandates/", mandates.mandates_of, name="mandates"),
    path("mandates/<int:mandate>/", mandates.take_back, name="take-back-mandate"),
    path("demo/login/", views.demo_login, name="demo-login"),
    path("demo/messages/", phone.messages, name="demo-messages"),
    path("account/password/", views.change_password, name="account_change_password"),
    path("account/again/", account.reauthenticate, name="account_reauthenticate"),
    path("account/second-factor/", mfa.index, name="mfa_index"),
    path("account/second-factor/code/", mfa.authenticate, name="mfa_authenticate"),
    path("account/second-factor/again/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/second-factor/set-up/", views.set_up, name="mfa_activate_totp"),
    path("account/second-factor/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/second-factor/recovery/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/second-factor/recovery/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/second-factor/recovery/file/", recovery.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("admin/", administration.show, name="administration"),
    path("admin/accounts/", administration.listed, name="accounts"),
    path("admin/accounts/new/", administration.make, name="new-account"),
    path("admin/accounts/<int:account>/", administration.one, name="account"),
    path("admin/accounts/<int:account>/acts/", administration.act, name="account-acts"),
    path("admin/resets/<int:reset>/", administration.approve_reset, name="approve-reset"),
    path("admin/log/", security_log.entries, name="security-log"),
    path("admin/tokens/", security_log.tokens, name="tokens"),
    path("admin/tokens/new/", security_log.issue, name="issue-token"),
    path("admin/tokens/<int:token>/", security_log.revoke, name="revoke-token"),
]  # fmt: skip
