"""Logs kept in files, a day each, for at least six months (网络安全法: 不少于六个月); older ones are taken away.

All processes append to the file of the day, a whole line in one write, so that none is torn. Fewer days than
:data:`LEAST_DAYS` are refused: nothing is taken away before that, whatever is set.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import re
from pathlib import Path

LEAST_DAYS = 180
"""Six months. 网络安全法（第二十一条，2017 年编号）；条号以现行文本为准。"""
NAME = re.compile(r"qinzheng-(\d{4}-\d{2}-\d{2})\.jsonl")


class TooShort(ValueError):
    """Logs would be taken away too soon."""

    def __init__(self, days: int) -> None:
        super().__init__(
            f"QINZHENG_LOG_DAYS={days}：日志须保存六个月以上，请改为 {LEAST_DAYS} 以上 / "
            f"QINZHENG_LOG_DAYS={days}: logs are kept for six months at least; set {LEAST_DAYS} or more"
        )


def check_days(days: int) -> int:
    """The days, if they are enough. Raises :class:`TooShort`."""
    if days < LEAST_DAYS:
        raise TooShort(days)
    return days


def files(folder: Path) -> dict[dt.date, Path]:
    """The files of the folder by their day, the oldest first; other files are none of ours."""
    found = {}
    for path in sorted(folder.glob("qinzheng-*.jsonl")):
        matched = NAME.fullmatch(path.name)
        if matched:
            try:
                found[dt.date.fromisoformat(matched[1])] = path
            except ValueError:
                continue
    return found


def clear(folder: Path, days: int, today: dt.date) -> list[Path]:
    """Take away the files that are older than ``days``; what was taken away. Raises :class:`TooShort`."""
    oldest = today - dt.timedelta(days=check_days(days))
    gone = [path for day, path in files(folder).items() if day < oldest]
    for path in gone:
        path.unlink(missing_ok=True)  # another process may have been first
    return gone


class Kept(logging.Handler):
    """Writes each record into the file of its day (UTC, as the lines are stamped)."""

    def __init__(self, folder: str, days: int) -> None:
        super().__init__()
        self.folder, self.days = Path(folder), check_days(days)
        self._day: dt.date | None = None
        self._file = -1

    def emit(self, record: logging.LogRecord) -> None:
        """Append the line; a full disk stops no page."""
        try:
            self._open(dt.datetime.fromtimestamp(record.created, dt.UTC).date())
            os.write(self._file, f"{self.format(record)}\n".encode())
        except OSError:
            self.handleError(record)

    def _open(self, day: dt.date) -> None:
        if day == self._day:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(
            self.folder / f"qinzheng-{day.isoformat()}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )
        if self._file >= 0:
            os.close(self._file)
        self._file, self._day = opened, day
        clear(self.folder, self.days, day)

    def close(self) -> None:
        """Close the file of the day."""
        if self._file >= 0:
            os.close(self._file)
            self._file, self._day = -1, None
        super().close()
