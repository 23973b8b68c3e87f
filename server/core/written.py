"""How values and times are written down, in the journal, in answers, in the log and by the sandbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Literal


def compact(value: object) -> str:
    """Compact JSON, letters kept as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def moment(at: float, timespec: Literal["seconds", "milliseconds", "microseconds"] = "seconds") -> str:
    """Seconds since the epoch as a time for people and programs: UTC, cut to the unit."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
