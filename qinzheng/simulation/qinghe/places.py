"""The city's units: departments with their divisions, towns, villages and service points. Pure data.

A city of 1.8 million with 18 towns and 304 villages, as large as the city of the speech; 清和市 itself, its towns
and villages do not exist. Map positions are in city-local units from (0, 0) to (100, 70).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

CITY = "qinghe"
VILLAGES = 304


@dataclass(frozen=True)
class Unit:
    """One organization as the demo founds it; ``parent`` is an id."""

    id: str
    kind: str
    zh: str
    en: str
    parent: str
    calendar: str = ""
    mobile: bool = False
    x: float | None = None
    y: float | None = None


DEPARTMENTS: tuple[tuple[str, str, str], ...] = (
    ("government-office", "市政府办公室", "Government Office"),
    ("efficiency-office", "市机关效能建设办公室", "Office of Administrative Efficiency"),
    ("reform", "市发展和改革委员会", "Development and Reform Commission"),
    ("education", "市教育局", "Education Bureau"),
    ("science", "市科学技术局", "Science and Technology Bureau"),
    ("industry", "市工业和信息化局", "Industry and Information Technology Bureau"),
    ("police", "市公安局", "Public Security Bureau"),
    ("civil-affairs", "市民政局", "Civil Affairs Bureau"),
    ("justice", "市司法局", "Justice Bureau"),
    ("finance", "市财政局", "Finance Bureau"),
    ("human-resources", "市人力资源和社会保障局", "Human Resources and Social Security Bureau"),
    ("natural-resources", "市自然资源和规划局", "Natural Resources and Planning Bureau"),
    ("environment", "市生态环境局", "Ecology and Environment Bureau"),
    ("housing", "市住房和城乡建设局", "Housing and Urban-Rural Development Bureau"),
    ("transport", "市交通运输局", "Transport Bureau"),
    ("water", "市水务局", "Water Bureau"),
    ("agriculture", "市农业农村局", "Agriculture and Rural Affairs Bureau"),
    ("commerce", "市商务局", "Commerce Bureau"),
    ("culture", "市文化广电和旅游局", "Culture, Broadcasting and Tourism Bureau"),
    ("health", "市卫生健康委员会", "Health Commission"),
    ("veterans", "市退役军人事务局", "Veterans Affairs Bureau"),
    ("emergency", "市应急管理局", "Emergency Management Bureau"),
    ("audit", "市审计局", "Audit Bureau"),
    ("market", "市市场监督管理局", "Market Regulation Bureau"),
    ("sports", "市体育局", "Sports Bureau"),
    ("statistics", "市统计局", "Statistics Bureau"),
    ("medical-insurance", "市医疗保障局", "Healthcare Security Bureau"),
    ("urban-management", "市城市管理局", "Urban Management Bureau"),
    ("petitions", "市信访局", "Petitions Bureau"),
    ("data", "市数据局", "Data Bureau"),
    ("administrative-approval", "市行政审批局", "Administrative Approval Bureau"),
    ("forestry", "市园林和林业局", "Parks and Forestry Bureau"),
    ("civil-defence", "市国防动员办公室", "National Defence Mobilisation Office"),
    ("tax", "市税务局", "Tax Bureau"),
    ("customs", "清和海关", "Qinghe Customs"),
    ("maritime", "清和海事局", "Qinghe Maritime Bureau"),
    ("weather", "市气象局", "Meteorological Bureau"),
    ("tobacco", "市烟草专卖局", "Tobacco Monopoly Bureau"),
    ("housing-fund", "市住房公积金管理中心", "Housing Fund Centre"),
    ("fire", "市消防救援支队", "Fire and Rescue Division"),
    ("disabled", "市残疾人联合会", "Disabled Persons' Federation"),
    ("hotline-centre", "12345政务服务便民热线中心", "12345 Hotline Centre"),
)
DIVISIONS: tuple[tuple[str, str, str], ...] = (
    ("approval", "行政审批科", "Approval Division"),
    ("business", "业务科", "Business Division"),
    ("supervision", "监督管理科", "Supervision Division"),
    ("general", "办公室", "General Office"),
)
TOWNS: tuple[tuple[str, str, float, float], ...] = (
    ("和东街道", "Hedong", 52, 34), ("和西街道", "Hexi", 44, 35), ("南塘街道", "Nantang", 50, 42), ("北闸街道", "Beizha", 48, 27),
    ("望江镇", "Wangjiang", 62, 18), ("云溪镇", "Yunxi", 66, 30), ("青石镇", "Qingshi", 76, 24), ("周浦镇", "Zhoupu", 84, 34),
    ("荷塘镇", "Hetang", 70, 42), ("新渡镇", "Xindu", 78, 50), ("长浦镇", "Changpu", 88, 48), ("顾岭镇", "Guling", 92, 58),
    ("徐溪镇", "Xuxi", 60, 54), ("月湖镇", "Yuehu", 48, 56), ("霞川镇", "Xiachuan", 34, 50), ("璜岭镇", "Huangling", 26, 40),
    ("丰港镇", "Fenggang", 22, 24), ("申渡镇", "Shendu", 12, 34),
)  # fmt: skip
NAMES_A = "东西南北前后上下大小新古金青红白云月星河"
NAMES_B = "桥塘泾巷浜墩庄村湾圩埭渡岸港市坊园岭溪沟"


def town_id(n: int) -> str:
    """The id of the n-th town, from 1."""
    return f"town-{n:02}"


def units(seed: int = 0) -> Iterator[Unit]:
    """Every unit, parents before children."""
    yield Unit(CITY, "city", "清和市（虚构）", "Qinghe City (fictional)", "", x=50, y=35)
    for id, zh, en in DEPARTMENTS:
        yield Unit(id, "department", zh, en, CITY)
        for part, part_zh, part_en in DIVISIONS:
            yield Unit(f"{id}-{part}", "division", part_zh, part_en, id)
    yield from _points()
    for n, (zh, en, x, y) in enumerate(TOWNS, start=1):
        yield Unit(town_id(n), "town", zh, en, CITY, x=x, y=y)
        yield Unit(f"point-town-{n:02}", "service_point", f"{zh}便民服务中心", f"{en} service centre", town_id(n),
                   calendar="cn.town-hall", x=x, y=y)  # fmt: skip
    yield from _villages(random.Random(f"villages {seed}"))


def _points() -> Iterator[Unit]:
    yield Unit("point-civic-centre", "service_point", "市政务服务中心", "Civic Service Centre",
               "administrative-approval", x=50, y=36)  # fmt: skip
    yield Unit("point-self-service", "service_point", "24小时自助服务区", "24-hour self-service hall",
               "administrative-approval", calendar="cn.self-service", x=51, y=36)  # fmt: skip
    yield Unit("point-port", "service_point", "流动报港服务点", "Mobile port reporting point", "maritime",
               mobile=True, x=62, y=12)  # fmt: skip
    yield Unit("point-tax", "service_point", "纳税服务中心", "Taxpayer service centre", "tax", x=49, y=37)


def _villages(chance: random.Random) -> Iterator[Unit]:
    taken: set[str] = set()
    for k in range(VILLAGES):
        n = k % len(TOWNS)
        zh = ""
        while not zh or zh in taken:
            zh = chance.choice(NAMES_A) + chance.choice(NAMES_B)
        taken.add(zh)
        _, _, x, y = TOWNS[n]
        town, serial = town_id(n + 1), k // len(TOWNS) + 1
        yield Unit(
            f"village-{n + 1:02}-{serial:02}", "village", f"{zh}村", f"Village {n + 1}-{serial}", town,
            x=round(x + chance.uniform(-5, 5), 1), y=round(y + chance.uniform(-4, 4), 1),
        )  # fmt: skip
