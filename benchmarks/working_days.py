"""Due dates in Chinese working days: ours against numpy's busday functions and two packages.

    python -m benchmarks.working_days [--items 10000000] [--repeats 5]

Two questions over 2008-2025: the n-th working day after a day (n from 1 to 60), and the working
days between two days. Every way must give the same answers, or the run stops. The packages walk
from day to day, so they are asked fewer items and their time is extrapolated; the table says so.
numpy cannot know a worked Saturday by its week mask: it is given a week of seven days and every
day off as a holiday, which makes it exact. How wrong it is in its ordinary use is printed too.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import chinese_calendar  # type: ignore[import-untyped]
import holidays
import numpy as np
import yaml

from qinzheng.calendars import build, schema
from qinzheng.calendars.calendar import Calendar

DEFINITIONS = Path(__file__).resolve().parents[1] / "definitions" / "calendars"
EPOCH = dt.date(1970, 1, 1).toordinal()
SEED = 20260928
WALKED_ITEMS = 2_000
"""Items asked of a package that walks from day to day."""


@dataclass(frozen=True)
class Measured:
    """Seconds for ``items`` answers, each repeat its own."""

    question: str
    way: str
    items: int
    seconds: list[float]

    def row(self, wanted: int, base: float) -> str:
        """One line of the table, scaled to ``wanted`` items, with the ratio to our vectorised time."""
        scaled = [second * wanted / self.items for second in self.seconds]
        median = statistics.median(scaled)
        mark = "" if self.items == wanted else f" (from {self.items:,})"
        spread = f"{min(scaled):,.3f} – {max(scaled):,.3f}"
        speed = f"{wanted / median / 1e6:,.3f} M/s | {median / base:,.1f} ×"
        return f"| {self.question} | {self.way}{mark} | {median:,.3f} s | {spread} | {speed} |"


@dataclass(frozen=True)
class Questions:
    """Random days and lengths: indices for us, datetime64 for numpy."""

    calendar: Calendar
    start: np.ndarray[Any, Any]
    length: np.ndarray[Any, Any]

    def days(self, index: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Day indices as datetime64."""
        return (index + (self.calendar.first - EPOCH)).astype("datetime64[D]")


def china() -> Calendar:
    """The shipped calendar of China."""
    found = [
        schema.CalendarDefinition.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in [DEFINITIONS / "cn.yaml", *sorted((DEFINITIONS / "cn").glob("*.yaml"))]
    ]
    heads = [definition for definition in found if isinstance(definition, schema.CalendarHead)]
    return build.build(heads[0], [d for d in found if isinstance(d, schema.CalendarYear)])


def timed(repeats: int, work: Callable[[], Any]) -> tuple[list[float], Any]:
    """Seconds of each repeat, and the last answer."""
    seconds = []
    answer: Any = None
    for _ in range(repeats):
        begun = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - begun)
    return seconds, answer


def ask(items: int) -> Questions:
    """The same questions in every run."""
    calendar = china()
    chance = np.random.default_rng(SEED)
    first, last = calendar.index(dt.date(2008, 1, 1)), calendar.index(dt.date(2025, 9, 1))
    start = chance.integers(first, last, items, dtype=np.int32)
    return Questions(calendar, start, chance.integers(1, 61, items, dtype=np.int32))


def due_days(asked: Questions, repeats: int) -> list[Measured]:
    """The n-th working day after a day, in every way; the answers must agree."""
    calendar, start, length = asked.calendar, asked.start, asked.length
    upto, workday = np.array(calendar.upto, np.int32), np.array(calendar.workday, np.int32)
    seconds, answer = timed(repeats, lambda: workday[upto[start] + length])
    measured = [Measured("due day", "ours, vectorised", len(start), seconds)]

    starts, lengths = start.tolist(), length.tolist()
    add = calendar.add_working_days
    seconds, scalar = timed(repeats, lambda: [add(a, n) for a, n in zip(starts, lengths, strict=True)])
    measured.append(Measured("due day", "ours, one by one", len(start), seconds))
    agree("ours, one by one", np.array(scalar, np.int32), answer)

    exact = np.busdaycalendar(weekmask="1111111", holidays=days_off(calendar))
    days = asked.days(start)
    seconds, offset = timed(repeats, lambda: np.busday_offset(days, length, roll="backward", busdaycal=exact))
    measured.append(Measured("due day", "numpy busday_offset", len(start), seconds))
    agree("numpy busday_offset", offset, asked.days(answer))

    few = slice(WALKED_ITEMS)
    dates, ns = days[few].tolist(), lengths[few]
    expected = asked.days(answer[few])
    seconds, walked = timed(
        repeats, lambda: [walk_chinesecalendar(a, n) for a, n in zip(dates, ns, strict=True)]
    )
    measured.append(Measured("due day", "chinesecalendar, day by day", len(dates), seconds))
    agree("chinesecalendar", np.array(walked, "datetime64[D]"), expected)
    oracle = holidays.country_holidays("CN", years=range(2007, 2028))
    seconds, walked = timed(
        repeats, lambda: [oracle.get_nth_working_day(a, n) for a, n in zip(dates, ns, strict=True)]
    )
    measured.append(Measured("due day", "holidays get_nth_working_day", len(dates), seconds))
    agree("holidays", np.array(walked, "datetime64[D]"), expected)
    return measured


def days_between(asked: Questions, repeats: int) -> list[Measured]:
    """Working days in (a, b], in every way; the answers must agree."""
    calendar, start = asked.calendar, asked.start
    end = start + asked.length
    upto = np.array(calendar.upto, np.int32)
    seconds, answer = timed(repeats, lambda: upto[end] - upto[start])
    measured = [Measured("days between", "ours, vectorised", len(start), seconds)]

    starts, ends = start.tolist(), end.tolist()
    count = calendar.working_days_between
    seconds, scalar = timed(repeats, lambda: [count(a, b) for a, b in zip(starts, ends, strict=True)])
    measured.append(Measured("days between", "ours, one by one", len(start), seconds))
    agree("ours, one by one", np.array(scalar, np.int32), answer)

    exact = np.busdaycalendar(weekmask="1111111", holidays=days_off(calendar))
    after, until = asked.days(start) + 1, asked.days(end) + 1
    seconds, counted = timed(repeats, lambda: np.busday_count(after, until, busdaycal=exact))
    measured.append(Measured("days between", "numpy busday_count", len(start), seconds))
    agree("numpy busday_count", counted, answer)

    few = slice(WALKED_ITEMS)
    pairs = list(zip(after[few].tolist(), asked.days(end[few]).tolist(), strict=True))
    seconds, walked = timed(repeats, lambda: [len(chinese_calendar.get_workdays(a, b)) for a, b in pairs])
    measured.append(Measured("days between", "chinesecalendar get_workdays", len(pairs), seconds))
    agree("chinesecalendar", np.array(walked), answer[few])
    oracle = holidays.country_holidays("CN", years=range(2007, 2028))
    seconds, walked = timed(repeats, lambda: [oracle.get_working_days_count(a, b) for a, b in pairs])
    measured.append(Measured("days between", "holidays get_working_days_count", len(pairs), seconds))
    agree("holidays", np.array(walked), answer[few])
    return measured


def days_off(calendar: Calendar) -> np.ndarray[Any, Any]:
    """Every day off of the table, weekends too, as numpy takes holidays."""
    off = [day for day in range(calendar.days) if not calendar.is_work(day)]
    return (np.array(off) + (calendar.first - EPOCH)).astype("datetime64[D]")


def walk_chinesecalendar(day: dt.date, n: int) -> dt.date:
    """The n-th working day after a day; the package itself has no such function."""
    while n:
        day += dt.timedelta(days=1)
        n -= chinese_calendar.is_workday(day)
    return day


def agree(way: str, got: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> None:
    """Stop the run where two ways differ."""
    differing = int((got != expected).sum())
    if differing:
        raise SystemExit(f"{way} differs from ours on {differing:,} of {len(expected):,} items")


def ordinary_numpy_is_wrong(asked: Questions) -> float:
    """The share of due days missed with a Monday-to-Friday mask and the weekdays off as holidays."""
    off = days_off(asked.calendar)
    weekdays_off = off[np.is_busday(off)]
    got = np.busday_offset(asked.days(asked.start), asked.length, roll="backward", holidays=weekdays_off)
    upto, workday = np.array(asked.calendar.upto), np.array(asked.calendar.workday)
    return float((got != asked.days(workday[upto[asked.start] + asked.length])).mean())


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, default=10_000_000)
    options.add_argument("--repeats", type=int, default=5)
    chosen = options.parse_args()
    asked = ask(chosen.items)
    print(
        f"{chosen.items:,} items, {chosen.repeats} repeats; numpy {np.__version__}, "
        f"holidays {version('holidays')}, calendar {asked.calendar.edition}"
    )
    print("| question | way | median | spread | answers | times ours |")
    print("|---|---|---|---|---|---|")
    for question in (due_days, days_between):
        measured = question(asked, chosen.repeats)
        base = statistics.median(measured[0].seconds)
        for one in measured:
            print(one.row(chosen.items, base))
    wrong = ordinary_numpy_is_wrong(asked)
    print(f"numpy with a Monday-to-Friday mask instead: {wrong:.1%} of the due days are wrong")


if __name__ == "__main__":
    main()
