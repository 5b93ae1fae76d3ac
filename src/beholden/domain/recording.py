"""Videos that were made of what stream processors saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """One of them, an object in a bucket: the purpose and authorization that it was made under, and
    when it began. `no` tells two apart, also of one name."""

    bucket: str
    key: str
    purpose: str
    authorization_id: str | None
    began: datetime
    no: int = 0
