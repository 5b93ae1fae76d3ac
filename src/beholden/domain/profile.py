"""The policy profiles that a deployment can run under."""

from __future__ import annotations

from enum import StrEnum


class Profile(StrEnum):
    """Each but `personal` adds Cedar files of `policies/` to `everywhere.cedar`, which always holds
    and is all that `personal` is."""

    PERSONAL = "personal"
    ORGANISATION = "organisation"
    PUBLIC_AUTHORITY = "public-authority"

    @property
    def files(self) -> tuple[str, ...]:
        """The Cedar files that make it up: a public authority keeps to an organisation's rules."""
        return tuple(f"{name}.cedar" for name in ("everywhere", *_ADDED[self]))

    @property
    def two_people(self) -> bool:
        """Whether itself, and the terms of its purposes, are changed by two people only."""
        return self is Profile.PUBLIC_AUTHORITY

    @property
    def approvers(self) -> int:
        """How many people, besides who asks for it, an authorization takes. A household has one
        person: to write down basis, scope and expiry is what it is held to."""
        return {Profile.PERSONAL: 0, Profile.ORGANISATION: 1, Profile.PUBLIC_AUTHORITY: 2}[self]


_ADDED = {
    Profile.PERSONAL: (),
    Profile.ORGANISATION: (Profile.ORGANISATION,),
    Profile.PUBLIC_AUTHORITY: (Profile.ORGANISATION, Profile.PUBLIC_AUTHORITY),
}
