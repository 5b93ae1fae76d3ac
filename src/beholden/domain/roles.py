"""The roles that a key may have; policies say what each may do."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Only an administrator covers other roles: whoever searches is not thereby a reviewer."""

    ADMIN = "admin"
    OPERATOR = "operator"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    PUBLIC = "public"

    def covers(self, other: Role) -> bool:
        """Whether who has this role may act in the other, which can do no more."""
        return self is Role.ADMIN or other in {self, Role.PUBLIC}
