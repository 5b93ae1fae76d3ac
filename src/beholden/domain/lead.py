"""A lead: what a search found, withheld until two people agree on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from beholden.domain.errors import AccessDenied, ConflictingState
from beholden.domain.gallery import Subject
from beholden.domain.people import plain_name, same_person

# EU AI Act, Art. 14(5): verified and confirmed by at least two natural persons.
REVIEWERS = 2


class LeadState(StrEnum):
    """What became of a lead. Only `UPHELD` releases a match."""

    WAITING = "waiting"
    UPHELD = "upheld"
    NO_MATCH = "no-match"
    OVERTURNED = "overturned"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Hit:
    """One candidate: a face's or a user's number in its collection, and its similarity 0..100.
    Who that is, records say; so whoever is erased there is erased here."""

    subject_no: int
    similarity_pct: float


@dataclass(frozen=True, slots=True)
class Probe:
    """What was searched for: a picture of a face (JPEG), or an enrolled subject by its number.
    `logged` is what the log calls it: a salted hash, or a face's id."""

    logged: str
    picture: bytes | None = None
    subject: Subject | None = None
    subject_no: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one search saw. `hits` are all candidates, best first; `evidence` is what the log
    commits to of them with `salt` (hex). `model_cards` are those that the search was bound to."""

    subject: Subject
    collection_no: int
    model_version: str
    threshold_pct: float
    probe: Probe
    hits: tuple[Hit, ...]
    evidence: tuple[Mapping[str, object], ...] = ()
    salt: str = ""
    model_cards: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one reviewer said: the number of the subject that it is, None for nobody. The log
    commits to it with `salt` (hex) until the lead is closed."""

    reviewer: str
    key_id: str
    at: datetime
    choice: int | None
    reason: str
    salt: str


@dataclass(frozen=True, slots=True)
class Lead:
    """What may be known of a lead without opening it. `began` and `ended` are the search's;
    `collection_id` and `gallery` name what was searched; `reviewers` have judged, in order."""

    lead_id: str
    call_id: str
    searcher: str
    purpose: str
    case: str | None
    collection_id: str
    gallery: str
    began: datetime
    ended: datetime
    authorization: str | None = None
    state: LeadState = LeadState.WAITING
    closed_at: datetime | None = None
    reviewers: tuple[str, ...] = ()

    def judged_by(self, name: str) -> bool:
        return any(same_person(name, reviewer) for reviewer in self.reviewers)

    def judged(self, earlier: Sequence[Verdict], verdict: Verdict) -> Lead:
        """The lead after one more verdict; `earlier` are those of `reviewers`.

        Two who name the same candidate uphold it, two who name nobody close it, and two who
        differ overturn it: there is no third vote to shop for. Raises AccessDenied to whoever
        searched or has judged, under whichever key; ConflictingState once the lead is closed.
        """
        if same_person(verdict.reviewer, self.searcher):
            raise AccessDenied("own-search: another person than who searched must judge this lead")
        if self.judged_by(verdict.reviewer):
            raise AccessDenied(
                f"two-reviewers: {verdict.reviewer} has judged this lead; it takes another person"
            )
        if self.state is not LeadState.WAITING:
            raise ConflictingState(f"This lead is closed: {self.state}.")
        reviewers = (*self.reviewers, verdict.reviewer)
        choices = {one.choice for one in (*earlier, verdict)}
        if len(reviewers) < REVIEWERS:
            return replace(self, reviewers=reviewers)
        return replace(self, reviewers=reviewers, state=_agreed(choices), closed_at=verdict.at)


def upheld_by(lead: Lead, verdicts: Sequence[Verdict]) -> bool:
    """Whether these verdicts release a match, whatever the lead's state says: two people, neither
    of them who searched, named the same candidate."""
    people = {plain_name(one.reviewer) for one in verdicts} - {plain_name(lead.searcher)}
    choices = {one.choice for one in verdicts}
    return len(people) >= REVIEWERS and len(choices) == 1 and None not in choices


def _agreed(choices: set[int | None]) -> LeadState:
    if len(choices) > 1:
        return LeadState.OVERTURNED
    return LeadState.NO_MATCH if choices == {None} else LeadState.UPHELD
