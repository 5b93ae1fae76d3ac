"""Audit records as log entries: canonical JSON, so that equal records have equal hashes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from beholden.domain.audit import AuditRecord
from beholden.domain.errors import AuditUnavailable
from beholden.engines.audit.layout import MAX_ENTRY_BYTES


def encode(record: AuditRecord) -> bytes:
    """Sorted keys, no spaces, ASCII. Raises AuditUnavailable if the record cannot be an entry:
    what it holds is not JSON, or more than 64 KiB."""
    shown = {
        "action": record.action,
        "at": record.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "call": record.call_id,
        "case": record.case,
        "facts": record.facts,
        "key": record.key_id,
        "kind": record.kind.value,
        "principal": record.principal,
        "purpose": record.purpose,
        "resource": record.resource,
        "role": record.role,
    }
    try:
        entry = json.dumps(
            shown, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain
        ).encode("ascii")
    except (TypeError, ValueError) as error:
        raise AuditUnavailable(f"this record cannot be logged: {error}") from error
    if len(entry) > MAX_ENTRY_BYTES:
        raise AuditUnavailable(f"a record of {len(entry)} bytes is more than one entry holds")
    return entry


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a fact cannot be of type {type(value).__name__}")


def decode(entry: bytes) -> dict[str, Any]:
    """The record as JSON. Raises ValueError if the entry is not a JSON object."""
    shown = json.loads(entry)
    if not isinstance(shown, dict):
        raise ValueError("not a JSON object")
    return shown
