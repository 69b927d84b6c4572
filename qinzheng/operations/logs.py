"""Logs: one JSON object a line, without personal data.

What people wrote gets into a log by three ways: the text of an exception, the arguments of a library's message, and
the address that a browser asked for. So of an exception only its kind and its places are kept, of foreign libraries'
messages the text before its arguments are filled in, and the access log (``qinzheng.web.requests``) names a route, never an
address. JSON escapes line breaks, so that nobody can write a second line.
"""

from __future__ import annotations

import logging
import logging.config
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

KEPT = ("_granian",)
"""Foreign loggers whose arguments are their own: ports and processes."""
FRAMES = 12
"""Places of an exception that are kept, the last ones."""
Raised = tuple[type[BaseException], BaseException, TracebackType | None]


def _fault(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """The kind and the places of an exception instead of its text, which may hold what a person wrote."""
    raised = _raised(line.pop("exc_info", None))
    if raised is not None:
        kind, _, trace = raised
        places = traceback.extract_tb(trace)[-FRAMES:]
        line["fault"] = f"{kind.__module__}.{kind.__qualname__}"
        line["at"] = [f"{_short(place.filename)}:{place.lineno} {place.name}" for place in places]
    line.pop("exception", None)
    line.pop("stack_info", None)
    return line


def _raised(given: Any) -> Raised | None:
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    if given is True:
        given = sys.exc_info()
    return given if isinstance(given, tuple) and given and given[0] is not None else None


def _short(file: str) -> str:
    """The end of a file's path: what is above it says how a machine is laid out."""
    return "/".join(file.replace("\\", "/").split("/")[-3:])


def _foreign(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """A library's message before its arguments are filled in."""
    record, arguments = line["_record"], line.pop("positional_args", ())
    if record.name.startswith(KEPT):
        line["event"] = str(record.msg) % arguments if arguments else str(record.msg)
    else:
        # A message that came ready made is told only by where it was made.
        line["event"] = str(record.msg) if arguments else f"{record.module}.{record.funcName}"
    return line


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

structlog.configure(
    processors=[*_SHARED, _fault, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=False,
)


def formatter() -> logging.Formatter:
    """One JSON object a line, whoever logs."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, _fault, _foreign],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
        use_get_message=False,
        pass_foreign_args=True,
    )


class Worth(logging.Filter):
    """Keeps out what says nothing: refusals, which the access log has by their route, and advice that we decided against.

    Granian warns of more threads than twice the cores: streams of the wall wait in threads of their own.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is kept."""
        if record.name == "django.request":
            return bool(record.exc_info)
        return not str(record.msg).startswith("Configuration allows spawning")


def configure(given: Mapping[str, Any]) -> None:
    """By ``settings.LOGGING``: its level, and the folder and days of what is kept. Django calls it (``LOGGING_CONFIG``)."""
    logging.config.dictConfig(configuration(given))


def configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """Of the standard library's logging: everything to the standard error, and into a folder where one is given."""
    level, handlers = given["level"], ["stderr"]
    kept: dict[str, Any] = {}
    if given.get("folder"):
        handlers.append("kept")
        kept = {
            "kept": {
                "()": "qinzheng.operations.kept_logs.Kept", "folder": given["folder"], "days": given["days"],
                "formatter": "json",
            }
        }  # fmt: skip
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "qinzheng.operations.logs.formatter"}},
        "filters": {"worth": {"()": "qinzheng.operations.logs.Worth"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}, **kept},
        "root": {"handlers": handlers, "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "django.request": {"filters": ["worth"]},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "_granian": {"handlers": [], "filters": ["worth"], "level": level, "propagate": True},
        },
    }
