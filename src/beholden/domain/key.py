"""Access keys: who holds them, in which role, for which purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key without its secret; `holder` is the principal's name."""

    key_id: str
    holder: str
    role: str
    purpose: str
    created_at: datetime
    disabled_at: datetime | None
