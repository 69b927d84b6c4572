"""Applications (申请): a draft that is saved and resumed, its files, and what becomes of it when it is sent.

A draft belongs to whoever writes it, for one party; what it says is sealed under the party and gone after
:data:`~qinzheng.mechanisms.applying.drafts.DAYS` days without a word. Sent, it is one case: in one transaction, once.
"""
