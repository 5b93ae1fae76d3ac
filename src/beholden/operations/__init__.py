"""One function per API operation. Importing this package fills the gate's registry."""

from __future__ import annotations

from beholden.operations import (
    alerts,
    auditing,
    collections,
    disclosure,
    enrolment,
    erasure,
    evaluation,
    faces,
    jobs,
    keys,
    policies,
    purposes,
    retention,
    review,
    search,
    sessions,
    tags,
    users,
    video,
)

__all__ = [
    "alerts",
    "auditing",
    "collections",
    "disclosure",
    "enrolment",
    "erasure",
    "evaluation",
    "faces",
    "jobs",
    "keys",
    "policies",
    "purposes",
    "retention",
    "review",
    "search",
    "sessions",
    "tags",
    "users",
    "video",
]
