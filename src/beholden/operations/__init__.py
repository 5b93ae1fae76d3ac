"""One function per API operation. Importing this package fills the gate's registry."""

from __future__ import annotations

from beholden.operations import (
    collections,
    enrolment,
    evaluation,
    faces,
    keys,
    policies,
    purposes,
    review,
    search,
    tags,
    users,
)

__all__ = [
    "collections",
    "enrolment",
    "evaluation",
    "faces",
    "keys",
    "policies",
    "purposes",
    "review",
    "search",
    "tags",
    "users",
]
