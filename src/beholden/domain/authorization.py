"""Authorizations: who let identification begin, on which basis, how far, and until when."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from beholden.domain.errors import AccessDenied, ConflictingState
from beholden.domain.people import same_person

# EU AI Act: approval is asked for within 24 hours of a live start (Art. 5(3)), and within 48 hours
# where recordings are searched (Art. 26(10)).
LIVE_DEADLINE = timedelta(hours=24)
RECORDED_DEADLINE = timedelta(hours=48)


class End(StrEnum):
    """How an authorization ended. `LAPSED`: nobody approved an emergency start in time;
    `REJECTED`: it was revoked before it was approved. Results of both are deleted."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    LAPSED = "lapsed"
    REJECTED = "rejected"


UNDONE = frozenset({End.LAPSED, End.REJECTED})
# After an emergency start that nobody approved, the next one takes approval first.
EMERGENCY_REST = timedelta(days=30)
# What was under way when an authorization ended may still bring a result: it is looked for again.
STRAGGLERS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Scope:
    """How far it goes: in `collections`, for `purpose`; on the live pictures of `cameras`, or on
    recordings and images if there are none; for `people` (external image ids), or whoever is in the
    collections if None; under `case`, if one is given. `erased` are those of the people who have
    been erased since, as the log knows them: salted hashes, which find nobody."""

    purpose: str
    collections: tuple[str, ...]
    cameras: tuple[str, ...] = ()
    people: tuple[str, ...] | None = None
    case: str | None = None
    erased: tuple[str, ...] = ()

    def covers(self, collection: str, case: str | None, camera: str | None) -> bool:
        """Whether a search of a collection, under a case, on a camera's pictures falls under it:
        none does where it is for nobody any more."""
        return (
            self.people != ()
            and collection in self.collections
            and self.case in (None, case)
            and (camera in self.cameras if camera is not None else not self.cameras)
        )

    def names(self, names: Collection[str]) -> bool:
        """Whether it is for anybody of these names."""
        return any(name in names for name in self.people or ())

    def without(self, names: Collection[str], hashed: Callable[[str], str]) -> Scope:
        """The same after people of these names have been erased. It is for nobody rather than for
        everybody once no name is left."""
        if self.people is None:
            return self
        left = tuple(name for name in self.people if name not in names)
        erased = [hashed(name) for name in self.people if name in names]
        return replace(self, people=left, erased=(*self.erased, *erased))


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved, with which key, and when."""

    approver: str
    key_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Authorization:
    """`approvers` is how many people had to approve it when it was asked for; `emergency` is why
    work began before they did; `ended_by` is who revoked it; `cleared_at` is when what was found
    under it had been deleted everywhere."""

    authorization_id: str
    scope: Scope
    basis: str
    requester: str
    requested_at: datetime
    starts_at: datetime
    expires_at: datetime
    approvers: int
    emergency: str | None = None
    approvals: tuple[Approval, ...] = ()
    end: End | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    cleared_at: datetime | None = None

    @property
    def deadline(self) -> datetime | None:
        """Until when an emergency start must be approved."""
        if self.emergency is None:
            return None
        return self.starts_at + (LIVE_DEADLINE if self.scope.cameras else RECORDED_DEADLINE)

    def approved(self, approvers: int = 0) -> bool:
        """Whether as many people have approved it as it took then, and takes now."""
        return len(self.approvals) >= max(self.approvers, approvers)

    def in_force(self, now: datetime, approvers: int) -> bool:
        """Whether anything may be done under it at this moment, where the profile now asks for so
        many approvers."""
        if self.end is not None or not self.starts_at <= now < self.expires_at:
            return False
        return self.approved(approvers) or (self.deadline is not None and now < self.deadline)

    def with_approval(self, approval: Approval) -> Authorization:
        """The authorization after one more approval. Raises AccessDenied to whoever requested or
        has approved it, under whichever key; ConflictingState if it has ended or come too late."""
        end = self.end or self.over(approval.at)
        if end is not None:
            raise ConflictingState(f"This authorization has ended: {end}.")
        if same_person(approval.approver, self.requester):
            raise AccessDenied(
                f"own-authorization: {self.requester} requested this; it takes another person to "
                "approve it"
            )
        if any(same_person(approval.approver, other.approver) for other in self.approvals):
            raise AccessDenied(
                f"two-approvers: {approval.approver} has approved this; it takes another person"
            )
        return replace(self, approvals=(*self.approvals, approval))

    def revoked(self, by: str, now: datetime) -> Authorization:
        """Ended by a person: an emergency start that nobody has approved is thereby undone. Raises
        ConflictingState if it has ended."""
        if self.end is not None:
            raise ConflictingState(f"This authorization has ended: {self.end}.")
        unapproved = self.emergency is not None and not self.approved()
        end = End.REJECTED if unapproved else End.REVOKED
        return replace(self, end=end, ended_at=now, ended_by=by)

    def over(self, now: datetime) -> End | None:
        """How it has ended by the clock; None while it may still be used or approved."""
        if self.deadline is not None and not self.approved():
            return End.LAPSED if now >= self.deadline else None
        return End.EXPIRED if now >= self.expires_at else None

    def releases(self, now: datetime) -> bool:
        """Whether what was found under it may be told: it has not ended, or by its term only."""
        return (self.end or self.over(now)) in (None, End.EXPIRED)

    @property
    def to_clear(self) -> bool:
        """Whether results may be left that must be deleted, now or once stragglers are in."""
        if self.end not in UNDONE or self.ended_at is None:
            return False
        return self.cleared_at is None or self.cleared_at < self.ended_at + STRAGGLERS

    def bars(self, now: datetime) -> bool:
        """Whether it was an emergency start whose end bars another one of its purpose."""
        return self.end in UNDONE and now < self.starts_at + EMERGENCY_REST

    def forgettable(self, by: datetime, now: datetime) -> bool:
        """Whether it ended at `by` or before, and nothing hangs on it any more."""
        ended = self.ended_at is not None and self.ended_at <= by
        return ended and not self.to_clear and not self.bars(now)

    def due(self, now: datetime) -> bool:
        """Whether the clock asks for something to be done about it."""
        if self.end is None:
            return self.over(now) is not None
        stragglers = self.ended_at is not None and now >= self.ended_at + STRAGGLERS
        return self.to_clear and (self.cleared_at is None or stragglers)
