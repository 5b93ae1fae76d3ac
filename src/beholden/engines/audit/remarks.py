"""What the records themselves tell an auditor: not tampering, and still worth a question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

# Callers that wait for one flush may be recorded in another order than they came.
CLOCK_STEP = timedelta(minutes=1)


@dataclass(slots=True)
class Remarks:
    """Calls without an end, and a clock that went back."""

    unended: dict[str, int] = field(default_factory=dict)
    latest: datetime | None = None
    steps: list[str] = field(default_factory=list)

    def see(self, index: int, record: dict[str, Any]) -> None:
        """Raises KeyError, TypeError or ValueError if a member is missing or malformed."""
        if record["kind"] == "intent":
            self.unended[record["call"]] = index
        elif record["kind"] in ("outcome", "failure"):
            self.unended.pop(record["call"], None)
        at = datetime.fromisoformat(record["at"])
        if self.latest is not None and at < self.latest - CLOCK_STEP:
            self.steps.append(f"entry {index}: the clock went back by {self.latest - at}")
        self.latest = at

    def made(self) -> Iterator[str]:
        """The remarks, once every record was seen."""
        yield from self.steps
        for index in self.unended.values():
            yield f"entry {index}: an intent without an outcome; the call was cut off or still runs"
