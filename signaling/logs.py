"""Logs, as lines for people or as JSON, that never hold a token or a person's name."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from signaling.log_writer import LogWriter

HIDDEN = "[hidden]"
_SECRET_KEYS = re.compile(
    r"token|secret|password|credential|authorization|cookie|email|(^|_)name$", re.IGNORECASE
)
_SECRET_TEXTS = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]+"  # a JSON web token
    r"|(?<=/s/)[^\s\"'/?]+"  # a share link's session token
    r"|(?<=by-token/)[^\s\"'/?]+"
    r"|(?<=token=)[^\s\"'&]+"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"  # an e-mail address
)
Entry = MutableMapping[str, Any]


def hide_secrets(logger: Any, method: str, entry: Entry) -> Entry:
    """A structlog processor: values of telling keys, and telling parts of any text, are hidden."""
    for key, value in entry.items():
        if _SECRET_KEYS.search(key):
            entry[key] = HIDDEN
        elif isinstance(value, str):
            entry[key] = _SECRET_TEXTS.sub(HIDDEN, value)
        elif not isinstance(value, int | float | None):
            entry[key] = _SECRET_TEXTS.sub(HIDDEN, repr(value))
    return entry


def configure(log_format: Literal["console", "json"], level: str) -> LogWriter:
    """Set up structlog and the standard library's logging alike, onto standard error, by way of
    what is returned; whoever calls this closes it at the end."""
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )

    def dropped_line(count: int) -> str:
        entry: Any = {"event": "log_lines_dropped", "count": count}
        for process in (*shared, renderer):
            entry = process(None, "warning", entry)
        return f"{entry}\n"

    writer = LogWriter(sys.stderr, dropped_line)
    stream: Any = writer  # both use nothing of it but `write` and `flush`
    # Roda's own lines go straight to the stream: by way of `logging` they would cost twice as much.
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=structlog.WriteLoggerFactory(stream),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for quiet in ("aioice", "aiortc", "sqlalchemy", "asyncio"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    return writer
