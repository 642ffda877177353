"""JSON lines on standard output: events with ids, never a person, never a foreign error's text."""

import logging
import sys
import traceback
from typing import Any

import structlog


def configure(level: str = "INFO") -> None:
    """Called once per process, when a function's main module is loaded."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )


def describe(exc: BaseException) -> dict[str, Any]:
    """What may be logged of a foreign exception: class, SQLSTATE and frames.

    Its text may quote a citizen's data (`Key (mail)=(...)`), so it is left out.
    """
    description: dict[str, Any] = {
        "error": f"{type(exc).__module__}.{type(exc).__qualname__}",
        "frames": [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(exc.__traceback__)
        ],
    }
    if sqlstate := getattr(exc, "sqlstate", None):
        description["sqlstate"] = sqlstate
    if exc.__cause__ is not None:
        description["cause"] = type(exc.__cause__).__qualname__
    return description
