"""What a live stream consists of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fragment:
    """The pictures from one key frame to the next. `number` grows. The times are those of its
    beginning: when it came to whoever serves the stream, and when it was taken, as far as the
    stream tells."""

    number: int
    served_at: datetime
    produced_at: datetime
