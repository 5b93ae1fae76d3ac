"""Consent to be enrolled: who gave it, for which purpose, and who recorded it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """A receipt on file. `subject` is the ExternalImageId under which the person is enrolled;
    `receipt_sha256`, in hex, is of the receipt's text."""

    subject: str
    purpose: str
    receipt_sha256: str
    recorded_by: str
    recorded_at: datetime
    withdrawn_at: datetime | None = None
