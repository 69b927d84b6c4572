"""What the closed words of an item are called: kinds, levels, papers, channels, turns. Said here once for every page and paper."""

from __future__ import annotations

from qinzheng.definitions.form import Text

SORTS = {
    "licence": Text(zh="行政许可", en="licence"), "filing": Text(zh="备案", en="filing"),
    "confirmation": Text(zh="行政确认", en="confirmation"), "registration": Text(zh="登记", en="registration"),
    "payment": Text(zh="行政给付", en="payment"), "service": Text(zh="公共服务", en="service"),
    "joint": Text(zh="联办事项", en="joint handling"), "review": Text(zh="行政复议", en="review"),
    "petition": Text(zh="信访", en="petition"), "information": Text(zh="信息公开", en="information"),
    "former_approval": Text(zh="非许可审批（已取消）", en="former approval, abolished"),
}  # fmt: skip
LEVELS = {
    "nation": Text(zh="国家", en="nation"), "province": Text(zh="省", en="province"), "city": Text(zh="市", en="city"),
    "county": Text(zh="县（区）", en="county"), "town": Text(zh="镇（街道）", en="town"), "village": Text(zh="村（社区）", en="village"),
}  # fmt: skip
FORMS = {
    "original": Text(zh="原件", en="original"), "copy": Text(zh="复印件", en="copy"),
    "original_and_copy": Text(zh="原件和复印件", en="original and copy"), "electronic": Text(zh="电子件", en="electronic"),
    "filled_in": Text(zh="填写", en="to fill in"),
}  # fmt: skip
CHANNELS = {
    "window": Text(zh="窗口", en="window"), "online": Text(zh="网上", en="online"), "village": Text(zh="村（社区）", en="village"),
    "on_behalf": Text(zh="代办", en="on behalf"), "machine": Text(zh="自助机", en="machine"), "post": Text(zh="邮寄", en="post"),
    "phone": Text(zh="电话", en="telephone"),
}  # fmt: skip
AUDIENCES = {
    "citizens": Text(zh="个人", en="citizens"), "firms": Text(zh="企业单位", en="firms"), "both": Text(zh="个人和企业单位", en="both"),
}  # fmt: skip
TURNS = {
    "proposed": Text(zh="拟进驻", en="proposed"), "admitted": Text(zh="进驻", en="admitted"),
    "delegated": Text(zh="下放", en="delegated"), "taken_back": Text(zh="上收", en="taken back"),
    "merged": Text(zh="合并", en="merged"), "suspended": Text(zh="暂停", en="suspended"),
    "resumed": Text(zh="恢复", en="resumed"), "abolished": Text(zh="取消", en="abolished"),
}  # fmt: skip
"""Turns in the life of an item."""
BASIS = {
    "law": Text(zh="法律法规", en="binding law"), "city": Text(zh="本市文件", en="a city document"),
    "historical": Text(zh="已失效的规定", en="no longer in force"), "ours": Text(zh="本项目的选择，不是法律", en="our own choice, not a law"),
}  # fmt: skip
