"""Logs go to standard error, one line an event, and no line ever carries a key."""

from __future__ import annotations

import logging
import re
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_SECRET = re.compile(r"(?i)(bearer\s+|authorization['\"]?\s*[:=]\s*|api[-_]?key['\"]?\s*[:=]\s*|token=)\S+")


class Quiet(logging.Formatter):
    """Takes keys out of a finished line, wherever they came from, and keeps foreign text on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        text = _SECRET.sub(r"\1***", super().format(record))
        if record.exc_info:
            return text
        return "".join(c if c.isprintable() else " " for c in text)


def set_up(level: str) -> None:
    """Log to standard error from this level on; the HTTP libraries tell whole addresses, so they are kept quiet."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Quiet(FORMAT))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("songwright", "mcp"):
        logging.getLogger(name).setLevel(level)
